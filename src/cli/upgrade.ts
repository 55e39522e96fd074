/** `mizzen upgrade` */
import { readRecord } from '../kubernetes/install/record.ts'
import { packageVersion } from '../run/installation.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { parseFlags } from './flags.ts'
import { applyInstallation, RUN_FLAGS } from './install.ts'
import { SETTING_FLAGS, wantedInstallation } from './install-flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen upgrade [-f FILE] [--set KEY=VALUE]

Brings an installation to the version of this command, with the settings it was installed with; further ones are laid over them. For a second
control plane beside the first (canary), use "mizzen install --revision" and "mizzen tag".

  -r, --revision NAME        which one (default: the one without a name)
  -n, --namespace NAME       of the control plane (default istio-system)
  -f, --filename FILE        further settings as YAML; may be given several times
  -s, --set KEY=VALUE        one further setting; may be given several times
      --profile NAME         another profile
      --image IMAGE          of control plane, sidecars and gateways, as HUB/NAME:TAG
      --force                also to an older version
      --dry-run              asks the API server what would change, and changes nothing
      --no-wait              does not wait until everything works
      --timeout TIME         how long to wait (default 5m)
  -v, --verbose              a line for every object
${CLUSTER_USAGE}`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const flags = { ...SETTING_FLAGS, ...RUN_FLAGS, ...CLUSTER_FLAGS, force: { type: 'boolean', default: false } } as const
  const { values } = parseFlags('upgrade', args, flags, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { namespace = 'istio-system', revision = '', force } = values
  const before = await withCluster(values, io, server => readRecord(server, namespace, revision))
  if (before === undefined)
    throw new Error(
      `Cannot upgrade revision "${revision || 'default'}": it is not installed in "${namespace}"; "mizzen install" installs it`,
    )
  const version = packageVersion()
  if (!force && isOlder(version, before.version))
    throw new Error(
      `Cannot upgrade from ${before.version} to ${version}: that is older; --force does it, or use mizzen ${before.version} or newer`,
    )
  io.stdout.write(`From ${before.version} to ${version}, profile ${values.profile ?? before.profile}\n`)
  return applyInstallation(await wantedInstallation(values, io, before), values, io)
}

/** By major, minor and patch version. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map(text => text.split(/[.+-]/).slice(0, 3).map(Number))
  for (const index of [0, 1, 2]) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
