/**
 * Policies of action CUSTOM that name different authorizers for one workload. Envoy asks one; which, nobody has said: what their rules match is denied,
 * as in Istio, and here it is told.
 */
import type { AuthorizationPolicy } from '../api/registry.ts'
import { hasLabels } from '../model/labels.ts'
import type { Mesh } from '../model/mesh.ts'
import { isFor, type PolicyTarget } from '../model/policy-target.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { compileTarget } from './policy-target.ts'

interface Asking {
  readonly object: AuthorizationPolicy
  readonly target: PolicyTarget
  readonly provider: string
}

export function checkCustomProviders(
  policies: readonly AuthorizationPolicy[],
  mesh: Pick<Mesh, 'settings' | 'workloads'>,
): Diagnostic[] {
  const asking = policies.flatMap((object): Asking[] => {
    const { action, provider } = object.spec
    if (action !== 'CUSTOM') return []
    return [{ object, target: compileTarget(object, object.spec), provider: provider?.name ?? '' }]
  })
  if (new Set(asking.map(({ provider }) => provider)).size < 2) return []
  return asking.flatMap(one => {
    const other = asking.find(({ provider, target }) => provider !== one.provider && meet(one.target, target, mesh))
    return other ? [severalProviders(one, other)] : []
  })
}

function severalProviders({ object, provider }: Asking, other: Asking): Diagnostic {
  const name = `${other.object.namespace}/${other.object.name}`
  return diagnostic(object, ['spec', 'provider'], {
    code: 'several-providers',
    level: 'error',
    message: `"${provider}" is asked for workloads that AuthorizationPolicy ${name} asks "${other.provider}" for: expected one authorizer for each workload`,
    effect: 'requests that the rules of either match are denied at these workloads',
    fix: 'let both name the same provider, or select other workloads',
  })
}

/** There is a workload of both, or every workload of one is one of the other. */
function meet(a: PolicyTarget, b: PolicyTarget, { settings, workloads }: Pick<Mesh, 'settings' | 'workloads'>): boolean {
  const { rootNamespace } = settings
  if (a.namespace !== b.namespace && ![a.namespace, b.namespace].includes(rootNamespace)) return false
  if (a.targets.length + b.targets.length > 0)
    return a.targets.some(one => b.targets.some(({ kind, name }) => one.kind === kind && one.name === name))
  const [some = {}, others = {}] = [a.selector, b.selector]
  if (hasLabels(some, others) || hasLabels(others, some)) return true
  for (const { namespace, labels } of workloads.values()) {
    const workload = { kind: 'sidecar', namespace, labels } as const
    if (isFor(a, workload, rootNamespace) && isFor(b, workload, rootNamespace)) return true
  }
  return false
}
