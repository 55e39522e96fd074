/** Waits until what was applied works: kinds are served, Deployments are complete. */
import type { ApiServer } from '../client/api-server.ts'
import { at, listAt, numberAt, textAt } from '../client/raw-object.ts'
import { lookUp } from './apply.ts'
import { type Manifest, manifestName } from './manifest.ts'
import { listPath, objectPath } from './rest-path.ts'

export interface Waiting {
  /** Milliseconds since some beginning. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<unknown>
  /** By `now`. */
  readonly until: number
  /** What it still waits for; called when that changes. */
  readonly onWaiting?: (what: string) => void
}

const POLL_MS = 250

/** @throws (rejects) Error that says what is missing, and why as far as the cluster tells */
export async function untilReady(server: ApiServer, manifest: Manifest, waiting: Waiting): Promise<void> {
  let told = ''
  for (;;) {
    const missing = await notReady(server, manifest)
    if (missing === undefined) return
    if (missing !== told) waiting.onWaiting?.(`${manifestName(manifest)}: ${missing}`)
    told = missing
    if (waiting.now() > waiting.until)
      throw new Error(`Cannot finish: ${manifestName(manifest)} is not ready: ${missing}${await cause(server, manifest)}`)
    await waiting.sleep(POLL_MS)
  }
}

/** @returns undefined when it is; kinds that have nothing to wait for always are */
export async function notReady(server: ApiServer, manifest: Manifest): Promise<string | undefined> {
  if (manifest.kind === 'CustomResourceDefinition') {
    const found = await lookUp(server, objectPath(manifest))
    return isTrue(found, 'Established') ? undefined : 'the API server does not serve it yet'
  }
  if (manifest.kind.endsWith('WebhookConfiguration')) {
    const found = await lookUp(server, objectPath(manifest))
    const known = listAt(found, 'webhooks').every(each => textAt(each, 'clientConfig', 'caBundle') !== '')
    return known ? undefined : 'the control plane has not said by which certificate it is known'
  }
  if (manifest.kind === 'DaemonSet') return daemonSetLacks(await lookUp(server, objectPath(manifest)))
  if (manifest.kind === 'Deployment') return deploymentLacks(await lookUp(server, objectPath(manifest)))
  return undefined
}

function daemonSetLacks(set: unknown): string | undefined {
  if (set === undefined) return 'it does not exist'
  const generation = numberAt(set, 'metadata', 'generation') ?? 0
  if ((numberAt(set, 'status', 'observedGeneration') ?? 0) < generation) return 'its controller has not seen it yet'
  const count = (field: string) => numberAt(set, 'status', field) ?? 0
  const wanted = count('desiredNumberScheduled')
  const updated = Math.min(count('updatedNumberScheduled'), count('numberAvailable'))
  return updated < wanted ? `it is ready on ${updated} of ${wanted} nodes` : undefined
}

/** By the rules of `kubectl rollout status`. */
export function deploymentLacks(deployment: unknown): string | undefined {
  if (deployment === undefined) return 'it does not exist'
  const generation = numberAt(deployment, 'metadata', 'generation') ?? 0
  if ((numberAt(deployment, 'status', 'observedGeneration') ?? 0) < generation) return 'its controller has not seen it yet'
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const count = (field: string) => numberAt(deployment, 'status', field) ?? 0
  if (count('updatedReplicas') < wanted) return `${count('updatedReplicas')} of ${wanted} replicas are of this version`
  if (count('replicas') > count('updatedReplicas'))
    return `${count('replicas') - count('updatedReplicas')} old replicas still run`
  if (count('availableReplicas') < wanted) return `${count('availableReplicas')} of ${wanted} replicas are ready`
  return undefined
}

function isTrue(object: unknown, type: string): boolean {
  return listAt(object, 'status', 'conditions').some(each => textAt(each, 'type') === type && textAt(each, 'status') === 'True')
}

/** What hinders a Deployment, in the cluster's own words. */
async function cause(server: ApiServer, manifest: Manifest): Promise<string> {
  if (manifest.kind !== 'Deployment') return ''
  const deployment = await lookUp(server, objectPath(manifest))
  const failure = listAt(deployment, 'status', 'conditions').find(each => textAt(each, 'type') === 'ReplicaFailure')
  if (failure !== undefined) return `; ${textAt(failure, 'message')}`
  const labels = at(deployment, 'spec', 'selector', 'matchLabels')
  const selector = Object.entries(typeof labels === 'object' && labels !== null ? labels : {}).map(
    ([name, value]) => `${name}=${value}`,
  )
  const { namespace } = manifest.metadata
  const pods = await server.json({
    path: listPath('Deployment', namespace).replace(/\/apis\/apps\/v1(.*)\/deployments$/, '/api/v1$1/pods'),
    query: { labelSelector: selector.join(',') },
  })
  for (const pod of listAt(pods, 'items')) {
    const why = podTrouble(pod)
    if (why !== undefined) return `; Pod ${textAt(pod, 'metadata', 'name')}: ${why}`
  }
  return ''
}

/** @returns undefined where nothing is wrong that can be seen */
export function podTrouble(pod: unknown): string | undefined {
  const scheduled = listAt(pod, 'status', 'conditions').find(each => textAt(each, 'type') === 'PodScheduled')
  if (textAt(scheduled, 'status') === 'False') return textAt(scheduled, 'message')
  for (const container of [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')]) {
    const name = textAt(container, 'name')
    const waiting = at(container, 'state', 'waiting')
    const reason = textAt(waiting, 'reason')
    if (reason !== '' && reason !== 'ContainerCreating' && reason !== 'PodInitializing')
      return `container ${name}: ${reason}${textAt(waiting, 'message') === '' ? '' : `: ${textAt(waiting, 'message')}`}`
    const ended = at(container, 'state', 'terminated')
    if (ended !== undefined && numberAt(ended, 'exitCode') !== 0)
      return `container ${name} ended with ${numberAt(ended, 'exitCode')} (kubectl logs tells why)`
  }
  return undefined
}
