/** IST0101, IST0127: an AuthorizationPolicy selects somebody, and the namespaces it speaks of exist. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import { isAmbient, isInMesh, selectedBy, selectorText, type Workload, workloadsOf } from '../workloads.ts'
import type { World } from '../world.ts'

export const authorizationPolicies: Analyzer = {
  name: 'auth.AuthorizationPoliciesAnalyzer',
  description: 'AuthorizationPolicies select workloads and name namespaces that exist',
  codes: ['IST0101', 'IST0127'],
  inputs: ['AuthorizationPolicy', 'Namespace', 'Pod', 'Deployment'],
  *analyze(world) {
    const workloads = workloadsOf(world).filter(workload => isInMesh(workload, world) || isAmbient(workload, world))
    const namespaces = namespacesOf(world)
    for (const policy of world.resources.of('AuthorizationPolicy')) {
      yield* checkSelector(policy, workloads, world)
      for (const part of namespacesIn(policy)) {
        if (namespaces.some(name => matches(name, part.text()))) continue
        const fix = `create the namespace "${part.text()}", or correct the name`
        yield finding('IST0101', part, `Referenced namespace not found: "${part.text()}"`, fix)
      }
    }
  },
}

function* checkSelector({ namespace, spec }: Resource, workloads: readonly Workload[], { rootNamespace }: World) {
  if (spec.at('targetRef').isSet() || spec.at('targetRefs').items().length > 0) return
  const selector = spec.at('selector')
  const isRoot = namespace === rootNamespace
  if (isRoot && !selector.isSet()) return
  const labels = selector.at('matchLabels').labels()
  if (selectedBy(labels, workloads, isRoot ? undefined : namespace).length > 0) return
  const text = selectorText(labels)
  const message = `No matching workloads for this resource with the following labels: ${text}`
  const where = isRoot ? 'the mesh' : `namespace "${namespace}"`
  const fix =
    text === '' ? `put a workload of the mesh into ${where}, or remove the policy` : `label a workload in ${where} with ${text}`
  yield finding('IST0127', selector, message, fix)
}

function namespacesIn({ spec }: Resource): Part[] {
  const sources = spec
    .at('rules')
    .items()
    .flatMap(rule => rule.at('from').items())
    .map(from => from.at('source'))
  return sources.flatMap(source => [...source.at('namespaces').items(), ...source.at('notNamespaces').items()])
}

/** Declared, or with something in it. */
function namespacesOf({ resources }: World): string[] {
  const used = (['Pod', 'Deployment', 'Service'] as const).flatMap(kind => resources.of(kind).map(each => each.namespace))
  return [...new Set([...resources.of('Namespace').map(each => each.name), ...used])]
}

/** "*", "prefix*", "*suffix" or a name. */
function matches(name: string, pattern: string): boolean {
  if (pattern === '*') return true
  if (pattern.startsWith('*')) return name.endsWith(pattern.slice(1))
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
