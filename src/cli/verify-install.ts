/** `mizzen verify-install` */
import { manifestName } from '../kubernetes/install/manifest.ts'
import { readRecord } from '../kubernetes/install/record.ts'
import { verifyInstallation } from '../kubernetes/install/verify.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { parseFlags } from './flags.ts'
import { SETTING_FLAGS, wantedInstallation } from './install-flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen verify-install

Whether every object of an installation is there, is as it was installed, and works. The settings are those that it was installed with.

  -r, --revision NAME        which one (default: the one without a name)
  -n, --namespace NAME       of the control plane (default istio-system)
  -f, --filename FILE        expects these settings in addition, as for install; -s, --profile and --image likewise
  -v, --verbose              a line for every object, not only for those with a problem
${CLUSTER_USAGE}`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const flags = { ...SETTING_FLAGS, ...CLUSTER_FLAGS, verbose: { type: 'boolean', short: 'v', default: false } } as const
  const { values } = parseFlags('verify-install', args, flags, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { namespace = 'istio-system', revision = '', verbose } = values
  const paint = painter(io.stdout, io.env)
  return withCluster(values, io, async server => {
    const record = await readRecord(server, namespace, revision)
    if (record === undefined)
      throw new Error(
        `Cannot verify revision "${revision || 'default'}": it is not installed in "${namespace}" by "mizzen install"`,
      )
    const { settings } = await wantedInstallation(values, io, record)
    const verdicts = await verifyInstallation(server, settings)
    const problems = verdicts.filter(({ problem }) => problem !== undefined)
    for (const { object, problem } of verbose ? verdicts : problems)
      io.stdout.write(
        problem === undefined
          ? `${paint('✔', 'green')} ${manifestName(object)}\n`
          : `${paint('✘', 'red')} ${manifestName(object)}: ${problem}\n`,
      )
    const of = `${verdicts.length} objects of revision ${revision || 'default'}, installed by mizzen ${record.version}`
    io.stdout.write(
      problems.length === 0 ? `${paint('✔', 'green')} ${of}: all is well\n` : `${problems.length} of ${of} have a problem\n`,
    )
    return problems.length === 0 ? EXIT.ok : EXIT.failed
  })
}
