/** The other shape that settings come in: Istio's IstioOperator, in files and in `--set values.x=`, `--set components.x=`. */
import { isRecord } from '../client/raw-object.ts'
import { merge } from './merge.ts'

export interface Flattened {
  readonly settings: unknown
  readonly profile: string | undefined
}

/** @param tree of a file or a flag @param problem is told what of it has no meaning here */
export function flatten(tree: unknown, problem: (sentence: string) => void): Flattened {
  if (!isRecord(tree)) return { settings: tree, profile: undefined }
  const spec = tree['kind'] === 'IstioOperator' ? (tree['spec'] ?? {}) : tree
  if (!isRecord(spec)) return { settings: spec, profile: undefined }
  const { profile, values, components, hub, tag, namespace, ...rest } = spec
  if (profile !== undefined && typeof profile !== 'string') problem('"profile" expects a name')
  const global = {
    ...(hub !== undefined && { hub }),
    ...(tag !== undefined && { tag }),
    ...(namespace !== undefined && { istioNamespace: namespace }),
  }
  const parts = [values ?? {}, Object.keys(global).length > 0 ? { global } : {}, rest, componentSettings(components, problem)]
  return { settings: parts.reduce(merge, {}), profile: typeof profile === 'string' ? profile : undefined }
}

const GATEWAYS = { ingressGateways: 'istio-ingressgateway', egressGateways: 'istio-egressgateway' } as const

function componentSettings(components: unknown, problem: (sentence: string) => void): unknown {
  if (components === undefined) return {}
  if (!isRecord(components)) {
    problem('"components" expects a map')
    return {}
  }
  let settings: unknown = {}
  for (const [name, component] of Object.entries(components)) {
    if (name === 'pilot') settings = merge(settings, { pilot: enabledOnly(component, 'components.pilot', problem) })
    else if (name === 'cni') settings = merge(settings, { cni: enabledOnly(component, 'components.cni', problem) })
    else if (name === 'base') {
      const { enabled } = enabledOnly(component, 'components.base', problem)
      if (enabled !== undefined) settings = merge(settings, { base: { installCRDs: enabled } })
    } else if (name === 'ingressGateways' || name === 'egressGateways') {
      const [first, ...more] = Array.isArray(component) ? component : []
      if (more.length > 0)
        problem(`"components.${name}" may have one entry here; more gateways are made by Gateway objects (Gateway API)`)
      settings = merge(settings, {
        gateways: { [GATEWAYS[name]]: enabledOnly(first, `components.${name}[0]`, problem, ['name']) },
      })
    } else problem(`"components.${name}" is not known: expected base, cni, pilot, ingressGateways or egressGateways`)
  }
  return settings
}

function enabledOnly(
  component: unknown,
  where: string,
  problem: (sentence: string) => void,
  more: readonly string[] = [],
): Record<string, unknown> {
  if (!isRecord(component)) return {}
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(component)) {
    if (name === 'enabled' || more.includes(name)) kept[name] = value
    else problem(`"${where}.${name}" has no meaning here: say it in values (pilot.*, gateways.*)`)
  }
  return kept
}
