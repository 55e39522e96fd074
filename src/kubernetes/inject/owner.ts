/** Which workload a pod belongs to, from what its owner references and labels let one know. */
import { labelsOf, type Pod } from './pod.ts'

export interface Workload {
  readonly name: string
  /** "": not said. */
  readonly namespace: string
  readonly apiVersion: string
  readonly kind: string
}

/** CronJobs name their Jobs after the time: minutes or seconds since the epoch. */
const CRON_JOB = /^(.+)-\d{8,10}$/

/** @param namespace used where the pod does not say one, as in a review of one that is about to be created */
export function workloadOf(pod: Pod, namespace: string): Workload {
  const { metadata } = pod
  const own = {
    name: metadata.name || (metadata.generateName ?? '').replace(/-$/, ''),
    namespace: metadata.namespace ?? namespace,
    apiVersion: 'v1',
    kind: 'Pod',
  }
  const owner = metadata.generateName ? metadata.ownerReferences?.find(({ controller }) => controller === true) : undefined
  if (owner?.name === undefined) return own
  const { name, kind = '', apiVersion = '' } = owner
  const labels = labelsOf(pod)
  const before = (label: string) => {
    const hash = labels[label]
    return hash !== undefined && name.endsWith(`-${hash}`) ? name.slice(0, -hash.length - 1) : undefined
  }
  const found = (changes: Partial<Workload>) => ({ ...own, name, kind, apiVersion, ...changes })
  if (kind === 'ReplicaSet') {
    const deployment = before('pod-template-hash')
    if (deployment !== undefined) return found({ name: deployment, kind: 'Deployment' })
    const rollout = before('rollouts-pod-template-hash')
    if (rollout !== undefined) return found({ name: rollout, kind: 'Rollout', apiVersion: 'v1alpha1' })
  }
  if (kind === 'ReplicationController' && labels['deploymentconfig'])
    return found({ name: labels['deploymentconfig'], kind: 'DeploymentConfig' })
  const [, cronJob] = (kind === 'Job' && CRON_JOB.exec(name)) || []
  return cronJob === undefined ? found({}) : found({ name: cronJob, kind: 'CronJob', apiVersion: 'batch/v1' })
}

/** Istio's ISTIO_META_OWNER. */
export function ownerText({ name, namespace, apiVersion, kind }: Workload): string {
  return `kubernetes://apis/${apiVersion}/namespaces/${namespace || 'default'}/${kind.toLowerCase()}s/${name}`
}
