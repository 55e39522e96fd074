/**
 * Kubelet's probes come without a certificate and would be refused: they go to the proxy's status port, which asks the application in their name. What
 * was asked before stands in ISTIO_KUBE_APP_PROBERS.
 */
import { type Fields, fieldsOf, isFields } from './fields.ts'
import { annotationsOf, type Container, findProxy, type Pod, PROXY, replaceContainer, withContainers } from './pod.ts'

const ENVIRONMENT = 'ISTIO_KUBE_APP_PROBERS'
const REWRITE = 'sidecar.istio.io/rewriteAppHTTPProbers'
const STATUS_PORT = 'status.sidecar.istio.io/port'

const PROBES = { readinessProbe: 'readyz', livenessProbe: 'livez', startupProbe: 'startupz' } as const
const HOOKS = { preStop: 'prestopz', postStart: 'poststartz' } as const

export interface ProbeOptions {
  /** What the installation says; the pod's annotation decides. */
  readonly rewrites: boolean
  /** Of the mesh (defaultConfig.statusPort). */
  readonly statusPort: number
  /** The pod had been injected: what the environment says of probes is still true. */
  readonly reinjected: boolean
}

export function rewriteProbes(pod: Pod, { rewrites, statusPort, reinjected }: ProbeOptions): Pod {
  const said = annotationsOf(pod)[REWRITE]
  const proxy = findProxy(pod)
  if (proxy === undefined || !(said === undefined ? rewrites : /^(1|t|T|TRUE|true|True)$/.test(said))) return pod
  const port = Number(annotationsOf(pod)[STATUS_PORT] ?? statusPort)
  // Without a status port there is nobody who could ask.
  if (port === 0) return pod
  const { initContainers = [], containers = [] } = pod.spec
  const asked = [...containers, ...initContainers]
    .filter(({ name }) => name !== PROXY)
    .flatMap(container => originalProbes(container, statusPort))
  const told =
    asked.length === 0 ? pod : replaceContainer(pod, PROXY, each => withProbers(each, Object.fromEntries(asked), reinjected))
  const rewritten = (list: readonly Container[] | undefined) =>
    list?.map(container => (container.name === PROXY ? container : rewrittenContainer(container, port)))
  return withContainers(told, rewritten(told.spec.containers), rewritten(told.spec.initContainers))
}

/** What the proxy is told to ask, by the path that it is asked at. */
function originalProbes(container: Container, statusPort: number): readonly (readonly [string, Fields])[] {
  const { name } = container
  const lifecycle = fieldsOf(container['lifecycle'])
  const places = [
    ...Object.entries(PROBES).map(([field, path]) => [`/app-health/${name}/${path}`, container[field]] as const),
    ...Object.entries(HOOKS).map(([field, path]) => [`/app-lifecycle/${name}/${path}`, lifecycle[field]] as const),
  ]
  return places.flatMap(([path, probe]) => {
    const original = isFields(probe) ? proberOf(probe, container, statusPort) : undefined
    return original === undefined ? [] : [[path, original] as const]
  })
}

function proberOf(probe: Fields, { ports = [] }: Container, statusPort: number): Fields | undefined {
  const timeout = probe['timeoutSeconds'] ? { timeoutSeconds: probe['timeoutSeconds'] } : {}
  const { grpc, httpGet, tcpSocket } = probe
  if (isFields(grpc)) return { grpc: { port: grpc['port'], service: grpc['service'] ?? null }, ...timeout }
  const [kind, target] = isFields(httpGet) ? ['httpGet', httpGet] : ['tcpSocket', tcpSocket]
  if (!isFields(target)) return undefined
  const { port } = target
  const number = typeof port === 'string' ? ports.find(({ name }) => name === port)?.containerPort : port
  // Asked there already, or nowhere: the name is no port's.
  if (number === undefined || number === statusPort) return undefined
  return { [kind]: { ...target, port: number }, ...timeout }
}

function withProbers(proxy: Container, probers: Fields, reinjected: boolean): Container {
  const env = proxy.env ?? []
  const before = reinjected ? env.find(({ name }) => name === ENVIRONMENT)?.value : undefined
  let merged = probers
  if (before !== undefined) {
    try {
      merged = { ...probers, ...fieldsOf(JSON.parse(before)) }
    } catch {
      // Not what an injection wrote: the pod's own probes count.
    }
  }
  const variable = { name: ENVIRONMENT, value: JSON.stringify(sorted(merged)) }
  const rest = before === undefined ? env : env.filter(({ name }) => name !== ENVIRONMENT)
  return { ...proxy, env: [...rest, variable] }
}

function sorted(probers: Fields): Fields {
  return Object.fromEntries(Object.entries(probers).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function rewrittenContainer(container: Container, port: number): Container {
  const { name } = container
  const result: Record<string, unknown> & Container = { ...container }
  for (const [field, path] of Object.entries(PROBES)) {
    const probe = container[field]
    if (isFields(probe)) result[field] = throughProxy(probe, port, `/app-health/${name}/${path}`)
  }
  const lifecycle = container['lifecycle']
  if (isFields(lifecycle)) {
    const hooks = Object.entries(HOOKS).flatMap(([field, path]) => {
      const hook = lifecycle[field]
      return isFields(hook) ? [[field, throughProxy(hook, port, `/app-lifecycle/${name}/${path}`)] as const] : []
    })
    result['lifecycle'] = { ...lifecycle, ...Object.fromEntries(hooks) }
  }
  return result
}

function throughProxy(probe: Fields, port: number, path: string): Fields {
  const { httpGet, tcpSocket, grpc, ...rest } = probe
  if (isFields(httpGet)) {
    // The proxy speaks HTTPS to the application; kubelet speaks HTTP to the proxy.
    const scheme = httpGet['scheme'] === 'HTTPS' ? { scheme: 'HTTP' } : {}
    return { ...rest, httpGet: { ...httpGet, ...scheme, path, port } }
  }
  return tcpSocket === undefined && grpc === undefined ? probe : { ...rest, httpGet: { path, port } }
}
