/** `mizzen precheck` */
import { precheck } from '../kubernetes/install/precheck.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { parseFlags } from './flags.ts'
import { SETTING_FLAGS, SETTING_USAGE, wantedInstallation } from './install-flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen precheck [the flags of install]

Whether a cluster is fit for an installation: its version, what you may do there, other control planes, kinds of other versions. Changes nothing.

${SETTING_USAGE}${CLUSTER_USAGE}`

const MARKS = { ok: ['✔', 'green'], warning: ['!', 'yellow'], error: ['✘', 'red'] } as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags('precheck', args, { ...SETTING_FLAGS, ...CLUSTER_FLAGS }, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const paint = painter(io.stdout, io.env)
  const { settings } = await wantedInstallation(values, io)
  const findings = await withCluster(values, io, server => precheck(server, settings))
  for (const { level, message } of findings) {
    const [mark, colour] = MARKS[level]
    io.stdout.write(`${paint(mark, colour)} ${message}\n`)
  }
  return findings.some(({ level }) => level === 'error') ? EXIT.failed : EXIT.ok
}
