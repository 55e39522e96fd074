/** From profile, values files and flags to settings that are whole and checked, or sentences that say what is wrong. */
import { Findings } from '../../api/findings.ts'
import { readMeshConfig, readMeshNetworks } from '../../api/istio/meshconfig/read.ts'
import { fits } from '../../api/schema/check.ts'
import { nearest } from '../../lib/nearest.ts'
import { defaultSettings, isProfile, PROFILES, type ProfileName } from './defaults.ts'
import { merge, withLists } from './merge.ts'
import { flatten } from './operator.ts'
import { Settings } from './settings.ts'

export interface Wish {
  /** Of mizzen. */
  readonly version: string
  readonly profile?: string | undefined
  /** Later ones win. `from` is for messages: a file's name, a flag. */
  readonly layers: readonly { readonly from: string; readonly tree: unknown }[]
}

export interface Resolved {
  readonly profile: ProfileName
  readonly settings: Settings
}

/** @returns sentences when something is wrong */
export function resolveSettings({ version, profile: asked, layers }: Wish): Resolved | readonly string[] {
  const problems: string[] = []
  const flat = layers.map(({ from, tree }) => ({
    from,
    ...flatten(tree, sentence => problems.push(`Cannot use ${from}: ${sentence}`)),
  }))
  const profile = asked ?? flat.findLast(layer => layer.profile !== undefined)?.profile ?? 'default'
  if (!isProfile(profile)) return [...problems, unknownProfile(profile)]
  const base = merge(defaultSettings(version), PROFILES[profile].settings)
  // Each layer is laid over the whole and looked at by itself, so that a message can name the file or flag.
  let tree: unknown = base
  for (const { from, settings } of flat) {
    const next = withLists(merge(tree, settings ?? {}))
    const found = new Findings()
    if (!fits(Settings, next, found)) {
      for (const { path, message, fix } of found.all)
        problems.push(`Cannot use ${from}: ${path.join('.')}: ${message}${fix === undefined ? '' : `; ${fix}`}`)
      continue
    }
    tree = next
  }
  const whole = new Findings()
  if (!fits(Settings, tree, whole) || problems.length > 0) return problems
  const wrong = check(tree)
  return wrong.length > 0 ? wrong : { profile, settings: tree }
}

function unknownProfile(word: string): string {
  const meant = nearest(word, Object.keys(PROFILES))
  return `Cannot use profile "${word}": expected one of ${Object.keys(PROFILES).join(', ')}${meant === undefined ? '' : `, did you mean "${meant}"?`}`
}

/** RFC 1123 label, as Kubernetes asks of names that become part of others. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/

/** What a schema cannot say. */
function check(settings: Settings): string[] {
  const problems: string[] = []
  const { revision } = settings
  if (revision !== '' && !LABEL.test(revision))
    problems.push(`Cannot use revision "${revision}": expected lower-case letters, digits and "-", for instance "1-2-0"`)
  if (!LABEL.test(settings.global.istioNamespace))
    problems.push(`Cannot use global.istioNamespace "${settings.global.istioNamespace}": expected the name of a namespace`)
  const config = new Findings(['meshConfig'])
  readMeshConfig(JSON.stringify(settings.meshConfig), config)
  const networks = new Findings(['meshNetworks'])
  readMeshNetworks(JSON.stringify({ networks: settings.meshNetworks }), networks)
  for (const { level, code, path, message, fix } of [...config.all, ...networks.all])
    if (level === 'error' || code === 'unknown-field')
      problems.push(`Cannot use ${path.join('.')}: ${message}${fix === undefined ? '' : `; ${fix}`}`)
  return problems
}
