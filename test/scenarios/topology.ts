/**
 * The fixed topology under every scenario: two client pods in two namespaces, an ingress gateway, and backends in versions. Written as the
 * Kubernetes objects that `mizzen up` would make of manifests: pods without addresses of their own, whose ports are annotations.
 */
import path from 'node:path'
import { type Authorizers, startAuthorizers } from './authorizers.ts'
import { type Backend, startEcho, startGrpc, startTcp, startTlsEcho } from './backends.ts'
import type { Entry } from './client.ts'
import { freePorts } from './ports.ts'
import type { Caller } from './scenario.ts'

export interface ProxyPod {
  readonly type: 'sidecar' | 'router'
  readonly namespace: string
  readonly pod: string
  /** Its own: the service's, or the caller's name. */
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly adminPort: number
}

export interface Topology {
  /** Namespaces, Services and Pods, as YAML. */
  readonly manifests: string
  readonly proxies: readonly ProxyPod[]
  readonly backends: readonly Backend[]
  /** A server that no object knows: what ServiceEntries lead to. */
  readonly outside: Backend
  /** The same with TLS, and a question for the client's certificate. */
  readonly outsideTls: Backend
  /** Who decides where a policy says so. */
  readonly authorizers: Authorizers
  readonly entries: Readonly<Record<Caller, Entry>>
  close(): Promise<void>
}

interface Service {
  readonly name: string
  readonly namespace: string
  readonly port: number
  readonly targetPort: number
  /** Port name, which tells the protocol. */
  readonly protocol: string
  /** Pods by version. */
  readonly replicas: Readonly<Record<string, number>>
  readonly start: (pod: string, served: string) => Promise<Backend>
}

const services: readonly Service[] = [
  {
    name: 'echo',
    namespace: 'default',
    port: 80,
    targetPort: 8080,
    protocol: 'http',
    replicas: { v1: 2, v2: 1 },
    start: startEcho,
  },
  { name: 'other', namespace: 'default', port: 80, targetPort: 8080, protocol: 'http', replicas: { v1: 1 }, start: startEcho },
  { name: 'solo', namespace: 'default', port: 80, targetPort: 8080, protocol: 'http', replicas: { v1: 1 }, start: startEcho },
  { name: 'far', namespace: 'second', port: 80, targetPort: 8080, protocol: 'http', replicas: { v1: 1 }, start: startEcho },
  {
    name: 'tcp',
    namespace: 'default',
    port: 9000,
    targetPort: 9000,
    protocol: 'tcp',
    replicas: { v1: 1, v2: 1 },
    start: startTcp,
  },
  {
    name: 'grpc',
    namespace: 'default',
    port: 7000,
    targetPort: 7000,
    protocol: 'grpc',
    replicas: { v1: 1, v2: 1 },
    start: startGrpc,
  },
]

/** cert.pem and key.pem: the outside server's, which is its own authority, and nobody's of the mesh. */
const CERTIFICATES = path.resolve(import.meta.dirname, '../golden/certificates')

const forwarded = services.filter(service => service.protocol !== 'http')

export interface TopologyOptions {
  /** Whether a proxy stands before each backend; without, endpoints are the applications' own ports. */
  readonly proxies: boolean
}

export async function startTopology(options: TopologyOptions): Promise<Topology> {
  const backends: Backend[] = []
  const proxies: ProxyPod[] = []
  /** Where a pod of each service is reached from outside the mesh. */
  const inbound = new Map<string, number>()
  const pods = services.flatMap(service =>
    Object.entries(service.replicas).flatMap(([version, count]) =>
      Array.from({ length: count }, (_, i) => ({ service, version, pod: `${service.name}-${version}-${i}` })),
    ),
  )
  for (const { service, version, pod } of pods) {
    const backend = await service.start(pod, `${service.name} ${version}`)
    backends.push(backend)
    const [admin = 0, free = 0, httpProxy = 0] = await freePorts(3)
    const listen = options.proxies ? free : backend.port
    inbound.set(`${service.name}:${service.port}`, listen)
    proxies.push({
      type: 'sidecar',
      namespace: service.namespace,
      pod,
      serviceAccount: service.name,
      labels: { app: service.name, version },
      annotations: {
        'mizzen.dev/capture': 'ports',
        'mizzen.dev/inbound': JSON.stringify({ [service.targetPort]: { listen, app: backend.port } }),
        'mizzen.dev/http-proxy': `${httpProxy}`,
      },
      adminPort: admin,
    })
  }
  const client = await clientProxy('client', 'default')
  const second = await clientProxy('second-client', 'second')
  const [gatewayAdmin = 0, gatewayPort = 0] = await freePorts(2)
  proxies.push(client.proxy, second.proxy, {
    type: 'router',
    namespace: 'istio-system',
    pod: 'istio-ingressgateway-0',
    serviceAccount: 'istio-ingressgateway',
    labels: { app: 'istio-ingressgateway', istio: 'ingressgateway' },
    annotations: {
      'mizzen.dev/capture': 'ports',
      'mizzen.dev/inbound': JSON.stringify({ 80: { listen: gatewayPort, app: gatewayPort } }),
    },
    adminPort: gatewayAdmin,
  })
  const outside = await startEcho('outside', 'outside v1')
  const outsideTls = await startTlsEcho('outside-tls', 'outside tls', CERTIFICATES)
  const authorizers = await startAuthorizers()
  return {
    manifests: [
      ...namespaceManifests(),
      ...services.map(serviceManifest),
      ...proxies.map(pod => podManifest(pod, options.proxies)),
    ].join('---\n'),
    proxies,
    backends,
    outside,
    outsideTls,
    authorizers,
    entries: {
      client: client.entry,
      'second-client': second.entry,
      gateway: { port: gatewayPort, proxy: false, forwards: new Map() },
      stranger: { port: undefined, proxy: false, forwards: inbound },
    },
    close: async () => void (await Promise.all([...backends, outside, outsideTls, authorizers].map(server => server.close()))),
  }
}

async function clientProxy(name: string, namespace: string): Promise<{ proxy: ProxyPod; entry: Entry }> {
  const [adminPort = 0, httpProxy = 0, ...ports] = await freePorts(2 + forwarded.length)
  const forwards = forwarded.map((service, i) => ({ service, port: ports[i] ?? 0 }))
  const byHost = forwards.map(
    ({ service, port }) => [`${service.name}.${service.namespace}.svc.cluster.local:${service.port}`, port] as const,
  )
  return {
    proxy: {
      type: 'sidecar',
      namespace,
      pod: name,
      serviceAccount: name,
      labels: { app: name },
      annotations: {
        'mizzen.dev/capture': 'ports',
        'mizzen.dev/inbound': '{}',
        'mizzen.dev/http-proxy': `${httpProxy}`,
        'mizzen.dev/forwards': JSON.stringify(Object.fromEntries(byHost)),
      },
      adminPort,
    },
    entry: {
      port: httpProxy,
      proxy: true,
      forwards: new Map([...forwards.map(({ service, port }) => [`${service.name}:${service.port}`, port] as const), ...byHost]),
    },
  }
}

function namespaceManifests(): string[] {
  return ['default', 'second', 'istio-system'].map(name => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}\n`)
}

function serviceManifest({ name, namespace, port, targetPort, protocol }: Service): string {
  return `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  selector: {app: ${name}}
  ports: [{name: ${protocol}, port: ${port}, targetPort: ${targetPort}}]
`
}

/** @param identity whether its proxy has a certificate */
function podManifest({ pod, namespace, serviceAccount, labels, annotations }: ProxyPod, identity: boolean): string {
  const containerPorts = Object.keys(JSON.parse(annotations['mizzen.dev/inbound'] ?? '{}')).map(Number)
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${pod}
  namespace: ${namespace}
  labels: ${JSON.stringify({ ...labels, ...(identity && { 'security.istio.io/tlsMode': 'istio' }) })}
  annotations: ${JSON.stringify({ ...annotations, 'mizzen.dev/identity': String(identity) })}
spec:
  serviceAccountName: ${serviceAccount}
  containers: [{name: app, image: app, ports: ${JSON.stringify(containerPorts.map(containerPort => ({ containerPort })))}}]
status:
  phase: Running
  podIP: 127.0.0.1
  conditions: [{type: Ready, status: "True"}]
`
}

/** A row's text with what only this run knows. */
export function filled(text: string, { outside, outsideTls, authorizers }: Topology): string {
  return text
    .replaceAll('{{outside}}', String(outside.port))
    .replaceAll('{{outside-tls}}', String(outsideTls.port))
    .replaceAll('{{authz-http}}', String(authorizers.httpPort))
    .replaceAll('{{authz-grpc}}', String(authorizers.grpcPort))
    .replaceAll('{{certificates}}', CERTIFICATES)
}
