/** What the control plane and the gateways have in common as workloads: placement, scaling, disruption. */
import type { Manifest } from '../manifest.ts'
import type { Settings, WorkloadSettings } from '../settings.ts'

export interface Scaled {
  /** Of the Deployment. */
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly selector: Readonly<Record<string, string>>
}

/** Replicas are the autoscaler's where there is one: saying a number here would undo its work at every installation. */
export function replicas({ autoscaleEnabled, replicaCount }: WorkloadSettings): { replicas?: number } {
  return autoscaleEnabled ? {} : { replicas: replicaCount }
}

/** How many replicas a new Deployment starts with; the autoscaler would get there too, after its first look. */
export function firstReplicas({ autoscaleEnabled, autoscaleMin, replicaCount }: WorkloadSettings): number {
  return autoscaleEnabled ? autoscaleMin : replicaCount
}

export function scaling(workload: Scaled, settings: WorkloadSettings): Manifest[] {
  const { name, namespace, labels, selector } = workload
  const metadata = { name, namespace, labels }
  const most = firstReplicas(settings)
  const manifests: Manifest[] = []
  // With one replica, a budget would only keep nodes from being drained.
  if (most > 1)
    manifests.push({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { minAvailable: 1, selector: { matchLabels: selector } },
    })
  if (settings.autoscaleEnabled)
    manifests.push({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: settings.autoscaleMin,
        maxReplicas: settings.autoscaleMax,
        metrics: [
          {
            type: 'Resource',
            resource: {
              name: 'cpu',
              target: { type: 'Utilization', averageUtilization: settings.cpu.targetAverageUtilization },
            },
          },
        ],
      },
    })
  return manifests
}

/** Only what was said: an empty list is a field that somebody else may own. */
export function placement(settings: WorkloadSettings, { global }: Settings): Record<string, unknown> {
  const said: Record<string, unknown> = {}
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints } = settings
  for (const [name, value] of Object.entries({ nodeSelector, affinity })) if (Object.keys(value).length > 0) said[name] = value
  for (const [name, value] of Object.entries({ tolerations, topologySpreadConstraints })) if (value.length > 0) said[name] = value
  if (global.priorityClassName !== '') said['priorityClassName'] = global.priorityClassName
  return said
}

export function envOf({ env }: WorkloadSettings): { name: string; value: string }[] {
  return Object.entries(env).map(([name, value]) => ({ name, value: String(value) }))
}
