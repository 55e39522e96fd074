/** Pods of a cluster as verbs name them, and what is asked of them: the control plane's pages, a proxy's own endpoint. */

import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { forwardPort } from '../kubernetes/client/port-forward.ts'
import { listAt, textAt } from '../kubernetes/client/raw-object.ts'
import { PORTS } from '../kubernetes/control-plane-needs.ts'
import { nearest } from '../lib/nearest.ts'
import type { Io } from './io.ts'

export interface PodName {
  readonly namespace: string
  readonly pod: string
}

/** Flags that name a cluster. */
export interface ClusterValues {
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
}

const ADMIN_PORT = 15_000
/** Istio's own labels: scrape rules and people find a control plane by them. */
const CONTROL_PLANE = 'app=istiod'
const ATTEMPTS = 3

/** "POD", "POD.NAMESPACE", "deployment/NAME", "NAMESPACE/POD": the pod, or the first ready one of a Deployment. @throws (rejects) naming what is there */
export async function podNamed(server: ApiServer, text: string, namespace: string | undefined): Promise<PodName> {
  const [kind, rest] = /^(?:deploy|deployments?|deployment\.apps)\//.test(text)
    ? ['deployment', text.slice(text.indexOf('/') + 1)]
    : ['pod', text.replace(/^(?:pods?|po)\//, '')]
  const [own, name] = splitName(rest, namespace ?? server.access.namespace)
  const all = listAt(await server.json({ path: `/api/v1/namespaces/${own}/pods` }), 'items')
  const names = all.filter(isRunning).map(pod => textAt(pod, 'metadata', 'name'))
  const found = names.find(each => kind === 'pod' && each === name) ?? names.find(each => isOf(each, name))
  if (found !== undefined) return { namespace: own, pod: found }
  const meant = nearest(name, names)
  throw new Error(
    `Cannot find the ${kind} "${name}" in namespace "${own}": ${meant ? `did you mean "${meant}"?` : names.length > 0 ? `there are ${names.join(', ')}` : 'no pod runs there'}`,
  )
}

function splitName(text: string, namespace: string): [string, string] {
  const slash = text.indexOf('/')
  if (slash > 0) return [text.slice(0, slash), text.slice(slash + 1)]
  const dot = text.lastIndexOf('.')
  return dot > 0 ? [text.slice(dot + 1), text.slice(0, dot)] : [namespace, text]
}

/** By the name that a ReplicaSet gives its pods. */
function isOf(pod: string, deployment: string): boolean {
  return pod.startsWith(`${deployment}-`) && /^[a-z0-9]{5,10}-[a-z0-9]{5}$/.test(pod.slice(deployment.length + 1))
}

function isRunning(pod: unknown): boolean {
  return textAt(pod, 'status', 'phase') === 'Running' && textAt(pod, 'metadata', 'deletionTimestamp') === ''
}

/** All replicas of the control plane, of every revision. @throws (rejects) when there is none */
export async function controlPlanePods(server: ApiServer, namespace: string): Promise<readonly PodName[]> {
  const path = `/api/v1/namespaces/${namespace}/pods`
  const found = listAt(await server.json({ path, query: { labelSelector: CONTROL_PLANE } }), 'items').filter(isRunning)
  if (found.length > 0) return found.map(pod => ({ namespace, pod: textAt(pod, 'metadata', 'name') }))
  throw new Error(
    `Cannot find the control plane: no pod with the label ${CONTROL_PLANE} runs in namespace "${namespace}"; is it in another one (--istioNamespace), or not installed ("mizzen install")?`,
  )
}

/** A page of the control plane's monitoring port, through the API server. */
export async function askControlPlane(server: ApiServer, { namespace, pod }: PodName, page: string): Promise<unknown> {
  return server.json({ path: `/api/v1/namespaces/${namespace}/pods/${pod}:${PORTS.monitoring}/proxy${page}` })
}

/** Pages of a proxy's own endpoint, each asked for once, which only its pod can reach: through a forwarded port. */
export async function withProxyAdmin<Result>(
  pod: PodName,
  values: ClusterValues,
  io: Io,
  use: (get: (page: string) => Promise<unknown>) => Promise<Result>,
): Promise<Result> {
  const file = values.kubeconfig === undefined ? undefined : path.resolve(io.cwd, values.kubeconfig)
  const forwarding = await forwardPort({ ...pod, port: ADMIN_PORT }, { file, context: values.context })
  try {
    const answers = new Map<string, Promise<unknown>>()
    return await use(page => {
      const answer = answers.get(page) ?? askAdmin(pod, `http://127.0.0.1:${forwarding.port}${page}`)
      answers.set(page, answer)
      return answer
    })
  } finally {
    forwarding.close()
  }
}

async function askAdmin({ pod, namespace }: PodName, url: string): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(10_000) })
      return await response.json()
    } catch (error) {
      if (attempt < ATTEMPTS) {
        await wait(100 * attempt)
        continue
      }
      throw new Error(
        `Cannot ask the proxy of pod "${pod}" in namespace "${namespace}": has it one? (${error instanceof Error ? error.message : String(error)})`,
      )
    }
  }
}
