/** `mizzen install` */
import { setTimeout as sleep } from 'node:timers/promises'
import { install } from '../kubernetes/install/install.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { durationMs, parseFlags } from './flags.ts'
import { SETTING_FLAGS, SETTING_USAGE, type Wanted, wantedInstallation } from './install-flags.ts'
import { installProgress } from './install-progress.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen install [--profile NAME] [-f FILE] [--set KEY=VALUE]

Installs the mesh on a cluster, or brings an installation to these settings. What is the same already is left alone.

${SETTING_USAGE}      --dry-run              asks the API server what would change, and changes nothing
      --no-wait              does not wait until everything works
      --timeout TIME         how long to wait (default 5m)
  -v, --verbose              a line for every object
${CLUSTER_USAGE}
"mizzen manifest generate" prints the same objects. docs/install.md tells what the settings are.
`

export const RUN_FLAGS = {
  'dry-run': { type: 'boolean', default: false },
  'no-wait': { type: 'boolean', default: false },
  wait: { type: 'boolean', default: false },
  timeout: { type: 'string', default: '5m' },
  verbose: { type: 'boolean', short: 'v', default: false },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags('install', args, { ...SETTING_FLAGS, ...RUN_FLAGS, ...CLUSTER_FLAGS }, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  return applyInstallation(await wantedInstallation(values, io), values, io)
}

export interface RunValues {
  readonly 'dry-run': boolean
  readonly 'no-wait': boolean
  readonly timeout: string
  readonly verbose: boolean
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

export async function applyInstallation({ settings, record }: Wanted, values: RunValues, io: Io): Promise<number> {
  const { 'dry-run': dryRun, 'no-wait': noWait, timeout, verbose } = values
  const now = () => performance.now()
  const begun = now()
  const wait = noWait ? undefined : { now, sleep: (ms: number) => sleep(ms), until: begun + durationMs('timeout', timeout) }
  return withCluster(values, io, async server => {
    const progress = installProgress(io, verbose, dryRun)
    const names = await install(server, { settings, record, dryRun, wait, progress })
    const took = ((now() - begun) / 1000).toFixed(1)
    if (dryRun) io.stdout.write('Nothing was changed.\n')
    else {
      const label = settings.revision === '' ? 'istio-injection=enabled' : `istio.io/rev=${names.revision}`
      io.stdout.write(
        `mizzen ${record.version} is ${noWait ? 'applied to' : 'installed in'} "${names.namespace}", revision ${names.revision}, in ${took} s. Namespaces join by a label:\n  kubectl label namespace default ${label}\n`,
      )
    }
    return EXIT.ok
  })
}
