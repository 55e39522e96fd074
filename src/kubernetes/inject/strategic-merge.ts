/**
 * Kubernetes' strategic merge, as far as pods need it: maps are merged, lists of things that have a name are merged by it, other lists are
 * replaced. Order as kubectl makes it: what the patch brings stands in front of what only the original has.
 */
import { type Fields, isFields } from './fields.ts'

/** Lists that are merged, by the name of their field, and what tells their items apart. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  imagePullSecrets: 'name',
  ports: 'containerPort',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  ownerReferences: 'uid',
  resizePolicy: 'resourceName',
  resourceClaims: 'name',
}

/** Fields that hold one of several kinds of thing: a patch with another kind replaces the whole. */
const ONE_OF_SEVERAL: ReadonlySet<string> = new Set(['valueFrom'])

export function strategicMerge(original: Fields, patch: Fields): Fields {
  const merged: Record<string, unknown> = { ...original }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergeField(name, merged[name], value)
  }
  return merged
}

function mergeField(name: string, original: unknown, patch: unknown): unknown {
  if (isFields(original) && isFields(patch)) return ONE_OF_SEVERAL.has(name) ? patch : strategicMerge(original, patch)
  const key = MERGE_KEYS[name]
  if (key !== undefined && isItems(original) && isItems(patch)) return mergeItems(key, original, patch)
  if (name === 'finalizers' && Array.isArray(original) && Array.isArray(patch)) return [...new Set([...original, ...patch])]
  return patch
}

function isItems(value: unknown): value is readonly Fields[] {
  return Array.isArray(value) && value.every(isFields)
}

function mergeItems(key: string, original: readonly Fields[], patch: readonly Fields[]): readonly Fields[] {
  const placeOf = (item: Fields) => original.findIndex(each => each[key] === item[key])
  const patched = patch.map(item => {
    const before = original[placeOf(item)]
    if (before === undefined) return item
    // An environment variable has a value or a source of one.
    const kept = key === 'name' && 'valueFrom' in item && 'value' in before ? { name: before['name'] } : before
    return strategicMerge(kept, item)
  })
  const untouched = original.filter(item => !patch.some(each => each[key] === item[key]))
  const ordered: Fields[] = []
  for (const item of patched) {
    const place = placeOf(item)
    while (place >= 0 && untouched[0] !== undefined && placeOf(untouched[0]) < place) ordered.push(...untouched.splice(0, 1))
    ordered.push(item)
  }
  return [...ordered, ...untouched]
}
