/** Labels and annotations that every injected pod has: how telemetry names it, and which container kubectl means. */
import { annotationsOf, labelsOf, PROXY } from '../pod.ts'
import type { TemplateInput } from './input.ts'

/** Longest value of a label. */
const LABEL_LENGTH = 63

export function canonicalLabels({ pod, workload }: TemplateInput): Record<string, string> {
  const labels = labelsOf(pod)
  const name = labels['service.istio.io/canonical-name'] || labels['app.kubernetes.io/name'] || labels['app'] || workload.name
  return {
    'service.istio.io/canonical-name': name.slice(0, LABEL_LENGTH).replace(/-$/, ''),
    'service.istio.io/canonical-revision':
      labels['service.istio.io/canonical-revision'] || labels['app.kubernetes.io/version'] || labels['version'] || 'latest',
  }
}

/** Names of the application's containers. */
export function applications({ pod }: TemplateInput): readonly string[] {
  return (pod.spec.containers ?? []).map(({ name }) => name).filter(name => name !== PROXY)
}

export function usualAnnotations(input: TemplateInput): Record<string, string> {
  const annotations = annotationsOf(input.pod)
  const [first] = applications(input)
  const named = ['kubectl.kubernetes.io/default-logs-container', 'kubectl.kubernetes.io/default-container'].filter(
    name => first !== undefined && annotations[name] === undefined,
  )
  return {
    'istio.io/rev': input.revision || 'default',
    ...Object.fromEntries(named.map(name => [name, first ?? ''])),
  }
}
