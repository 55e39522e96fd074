/**
 * Values as users write them, in three shapes: Helm values, Istio's IstioOperator, and `--set`. Later layers win. What of them is mesh configuration is
 * handed out apart.
 */
import { type Fields, fieldsOf } from './fields.ts'

export interface Layers {
  readonly values: Fields
  /** As MeshConfig is written. */
  readonly mesh: Fields
}

export function layersOf(trees: readonly Fields[]): Layers {
  const all = trees.map(flat).reduce(layered, {})
  const { meshConfig, ...values } = all
  return { values, mesh: fieldsOf(meshConfig) }
}

/** `--set a.b.c=value`. @throws when it is not of that form */
export function setFlag(flag: string): Fields {
  const at = flag.indexOf('=')
  if (at < 1) throw new Error(`Cannot use --set "${flag}": expected NAME=VALUE, for instance global.proxy.logLevel=debug`)
  const steps = flag.slice(0, at).split(/(?<!\\)\./)
  const value = scalar(flag.slice(at + 1))
  return fieldsOf(steps.reduceRight<unknown>((inner, step) => ({ [step.replaceAll('\\.', '.')]: inner }), value))
}

function scalar(text: string): unknown {
  if (/^\{.*\}$/.test(text)) return text === '{}' ? [] : text.slice(1, -1).split(',')
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?(0|[1-9]\d*)$/.test(text) ? Number(text) : text
}

/** An IstioOperator says `spec.values` and `spec.components`; so does --set, without the frame. */
function flat(tree: Fields): Fields {
  const spec = tree['kind'] === 'IstioOperator' ? fieldsOf(tree['spec']) : tree
  const { values, components, meshConfig, hub, tag, ...rest } = spec
  const cni = fieldsOf(fieldsOf(components)['cni'])['enabled']
  const global = { ...(hub !== undefined && { hub }), ...(tag !== undefined && { tag }) }
  const own: Fields = {
    ...(cni !== undefined && { pilot: { cni: { enabled: cni } } }),
    ...(meshConfig !== undefined && { meshConfig }),
    ...(Object.keys(global).length > 0 && { global }),
  }
  return layered(layered(rest, own), fieldsOf(values))
}

function layered(below: Fields, above: Fields): Fields {
  const merged: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    const before = merged[name]
    const both = typeof before === 'object' && typeof value === 'object' && !Array.isArray(value)
    merged[name] = both && value !== null ? layered(fieldsOf(before), fieldsOf(value)) : value
  }
  return merged
}
