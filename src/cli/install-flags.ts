/** Flags that say what is installed: of install, upgrade, manifest generate and verify-install. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { parse } from 'yaml'
import { PROFILES } from '../kubernetes/install/defaults.ts'
import { merge } from '../kubernetes/install/merge.ts'
import { flatten } from '../kubernetes/install/operator.ts'
import type { InstallRecord } from '../kubernetes/install/record.ts'
import { resolveSettings } from '../kubernetes/install/resolve.ts'
import { parseSet, SetError } from '../kubernetes/install/set-flag.ts'
import type { Settings } from '../kubernetes/install/settings.ts'
import { packageVersion } from '../run/installation.ts'
import { UsageError } from './flags.ts'
import type { Io } from './io.ts'

export const SETTING_FLAGS = {
  profile: { type: 'string' },
  set: { type: 'string', multiple: true, short: 's' },
  filename: { type: 'string', multiple: true, short: 'f' },
  revision: { type: 'string', short: 'r' },
  namespace: { type: 'string', short: 'n' },
  image: { type: 'string' },
} as const

export const SETTING_USAGE = `      --profile NAME         what is installed to begin with (default "default"):
${Object.entries(PROFILES)
  .map(([name, { summary }]) => `                             ${name}: ${summary}`)
  .join('\n')}
  -f, --filename FILE        settings as YAML: values as of Helm, or an IstioOperator; may be given several times, "-" is standard input
  -s, --set KEY=VALUE        one setting, for instance pilot.replicaCount=3; may be given several times
  -r, --revision NAME        installs beside other revisions
  -n, --namespace NAME       of the control plane and root namespace of the mesh (default istio-system)
      --image IMAGE          of control plane, sidecars and gateways, as HUB/NAME:TAG
`

export interface SettingValues {
  readonly profile?: string | undefined
  readonly set?: readonly string[] | undefined
  readonly filename?: readonly string[] | undefined
  readonly revision?: string | undefined
  readonly namespace?: string | undefined
  readonly image?: string | undefined
}

export interface Wanted {
  readonly settings: Settings
  readonly record: InstallRecord
}

/** @param before settings that these are laid over, of an earlier installation @throws (rejects) UsageError */
export async function wantedInstallation(values: SettingValues, io: Io, before?: InstallRecord): Promise<Wanted> {
  const version = packageVersion()
  const layers: { from: string; tree: unknown }[] = []
  if (before !== undefined) layers.push({ from: 'the settings of the installation', tree: before.settings })
  for (const file of values.filename ?? []) layers.push(await fileLayer(file, io))
  for (const flag of values.set ?? []) layers.push({ from: `--set "${flag}"`, tree: setLayer(flag) })
  const { revision, namespace, image } = values
  if (revision !== undefined) layers.push({ from: '--revision', tree: { revision: revision === 'default' ? '' : revision } })
  if (namespace !== undefined) layers.push({ from: '--namespace', tree: { global: { istioNamespace: namespace } } })
  if (image !== undefined) layers.push({ from: '--image', tree: { pilot: { image }, global: { proxy: { image } } } })
  const resolved = resolveSettings({ version, profile: values.profile ?? before?.profile, layers })
  if (!('settings' in resolved)) throw new UsageError(resolved.join('\n'))
  const said = layers.map(({ tree }) => flatten(tree, () => {}).settings ?? {}).reduce(merge, {})
  return { settings: resolved.settings, record: { version, profile: resolved.profile, settings: said } }
}

async function fileLayer(file: string, io: Io): Promise<{ from: string; tree: unknown }> {
  const from = file === '-' ? 'standard input' : `"${file}"`
  try {
    const content = file === '-' ? await text(io.stdin) : readFileSync(path.resolve(io.cwd, file), 'utf8')
    return { from, tree: parse(content) ?? {} }
  } catch (error) {
    throw new UsageError(`Cannot read the settings in ${from}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function setLayer(flag: string): unknown {
  try {
    return parseSet(flag)
  } catch (error) {
    throw error instanceof SetError ? new UsageError(error.message) : error
  }
}
