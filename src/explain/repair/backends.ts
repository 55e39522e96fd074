/** Faults that are a VirtualService's own: one destination with two hosts, backends without weights, hosts under another name. */
import type { Path } from '../../api/object.ts'
import { isRecord } from '../../api/schema/prune.ts'
import type { Duplicate } from '../../source/files/parsed.ts'
import type { Draft } from './draft.ts'

/** Before the values are looked at. `destination` beside the rules can only mean what the rules are for. */
export function repairHosts(draft: Draft): void {
  const { spec } = draft.root
  if (!isRecord(spec) || spec['hosts'] !== undefined || !isRecord(spec['destination'])) return
  const { host } = spec['destination']
  if (typeof host !== 'string') return
  delete spec['destination']
  draft.root['spec'] = { hosts: [host], ...spec }
}

/** `host` twice in one destination: two backends were meant. @param duplicates with the paths of the document as it was written */
export function splitDestinations(draft: Draft, duplicates: readonly Duplicate[]): void {
  for (const rule of rulesOf(draft)) {
    const { route } = rule
    if (!Array.isArray(route)) continue
    const split = route.flatMap((entry: unknown) => {
      const destination = isRecord(entry) ? entry['destination'] : undefined
      if (!isRecord(entry) || !isRecord(destination)) return [entry]
      const earlier = duplicates.filter(each => each.key === 'host' && samePath(draft.pathOf(destination), each.path))
      const { weight: _all, ...rest } = entry
      const others = earlier.map(each => ({ ...rest, destination: { ...destination, host: each.earlier } }))
      return earlier.length === 0 ? [entry] : [...others, { ...rest, destination }]
    })
    route.splice(0, route.length, ...split) // in place, for it knows where it stood
  }
}

/** Whether a key that is there twice leaves no doubt: two backends, or the same value again. */
export function isClear({ path, key, earlier }: Duplicate, later: unknown): boolean {
  return (key === 'host' && path.at(-1) === 'destination') || (earlier !== undefined && earlier === later)
}

/** Several backends of which none says how much it gets: all the same. */
export function addWeights(draft: Draft): void {
  for (const rule of rulesOf(draft)) {
    const backends = Array.isArray(rule['route']) ? rule['route'].filter(isRecord) : []
    if (backends.length < 2 || backends.some(each => each['weight'] !== undefined && each['weight'] !== 0)) continue
    const share = Math.floor(100 / backends.length)
    for (const [i, backend] of backends.entries()) backend['weight'] = i === 0 ? 100 - share * (backends.length - 1) : share
  }
}

function rulesOf({ root }: Draft): Record<string, unknown>[] {
  const { spec } = root
  if (!isRecord(spec)) return []
  return ['http', 'tls', 'tcp'].flatMap(kind => {
    const rules: unknown = spec[kind]
    return (Array.isArray(rules) ? rules : [rules]).filter(isRecord)
  })
}

function samePath(a: Path, b: Path): boolean {
  return a.length === b.length && a.every((step, i) => step === b[i])
}
