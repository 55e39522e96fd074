/** Deployments and bare pods, as far as they are the same: a pod and how often it runs. */
import type { Path } from '../../../api/object.ts'
import type { Deployment, Pod } from '../../../api/registry.ts'

export interface Template {
  readonly object: Deployment | Pod
  /** Where metadata and spec stand in the object. */
  readonly at: Path
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Pod['spec']
  readonly replicas: number
}

export function deploymentTemplate(object: Deployment): Template {
  const { replicas = 1, template } = object.spec
  return {
    object,
    at: ['spec', 'template'],
    labels: template.metadata?.labels ?? {},
    annotations: template.metadata?.annotations ?? {},
    spec: template.spec ?? {},
    replicas,
  }
}

export function podTemplate(object: Pod): Template {
  const { labels, annotations, spec } = object
  return { object, at: [], labels, annotations, spec, replicas: 1 }
}
