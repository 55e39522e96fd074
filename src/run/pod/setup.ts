/**
 * Everything that a pod's proxy is started with, out of its arguments and the environment that injection gave it. Pure, so that tests can ask; what is
 * missing in the environment (a pod that somebody wrote by hand) has Istio's defaults.
 */
import { parseDuration } from '../../lib/duration.ts'
import type { ServerAddress } from '../../xds/client/client.ts'
import type { PodArguments } from './arguments.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface PodSetup {
  readonly role: 'sidecar' | 'router'
  readonly engine: 'mizzen' | 'envoy'
  /** No proxy: only certificates and the configuration stream, for a gRPC application that reads xDS itself. */
  readonly agentOnly: boolean
  readonly pod: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly workload: string
  /** The first is the pod's own. */
  readonly addresses: readonly string[]
  readonly domain: string
  readonly interception: 'REDIRECT' | 'TPROXY' | 'NONE'
  /** Further metadata of the node, as Istio's keys. */
  readonly metadata: Readonly<Record<string, string>>
  readonly controlPlane: ServerAddress
  readonly serviceCluster: string | undefined
  /** Where files are made and Envoy's sockets are. */
  readonly directory: string
  readonly adminPort: number
  /** Health of the application and merged metrics; 0: nowhere. */
  readonly statusPort: number
  /** How long connections get after the pod was told to end. */
  readonly terminationDrainMs: number
  /** Ends when the last connection has gone, instead of after that time. */
  readonly exitOnZeroConnections: boolean
  /** Least time of that. */
  readonly minimumDrainMs: number
  readonly envoy: string
  readonly concurrency: number
  /** ISTIO_KUBE_APP_PROBERS: what to ask the application, in JSON. */
  readonly probers: string
  /** Ask it at localhost, as releases of Istio did before 1.10. */
  readonly probesLocalhost: boolean
  /** ISTIO_PROMETHEUS_ANNOTATIONS: where the application's metrics are, in JSON. */
  readonly applicationMetrics: string
  /** Certificates are also written there. */
  readonly certificateDirectory: string | undefined
}

const PREFIX = 'ISTIO_META_'

const STATUS_PORT = 'status.sidecar.istio.io/port'

/**
 * @param annotations of the pod
 * @throws naming the variable that cannot be used
 */
export function podSetup(args: PodArguments, env: Environment, annotations: Environment = {}): PodSetup {
  const config = jsonObject('PROXY_CONFIG', env['PROXY_CONFIG'])
  const text = (name: string) => (typeof config[name] === 'string' ? config[name] : undefined)
  const number = (name: string, otherwise: number) => (typeof config[name] === 'number' ? config[name] : otherwise)
  const meta = (name: string) => env[`${PREFIX}${name}`]
  const namespace = env['POD_NAMESPACE'] ?? 'default'
  const workload = meta('WORKLOAD_NAME') ?? env['POD_NAME'] ?? 'unknown'
  return {
    role: args.role,
    engine: env['MIZZEN_ENGINE'] === 'envoy' ? 'envoy' : 'mizzen',
    agentOnly: env['DISABLE_ENVOY'] === 'true',
    pod: env['POD_NAME'] ?? workload,
    namespace,
    serviceAccount: env['SERVICE_ACCOUNT'] ?? 'default',
    workload,
    addresses: (meta('INSTANCE_IPS') ?? env['INSTANCE_IP'] ?? '127.0.0.1').split(',').filter(Boolean),
    domain: args.domain ?? `${namespace}.svc.cluster.local`,
    interception: interceptionOf(meta('INTERCEPTION_MODE') ?? text('interceptionMode')),
    metadata: metadataOf(env),
    controlPlane: hostAndPort(text('discoveryAddress') ?? env['CA_ADDR'] ?? 'istiod.istio-system.svc:15012'),
    serviceCluster: args.serviceCluster ?? text('serviceCluster'),
    directory: text('configPath') ?? '/etc/istio/proxy',
    adminPort: number('proxyAdminPort', 15_000),
    statusPort: Number(annotations[STATUS_PORT] ?? number('statusPort', 15_020)),
    terminationDrainMs: duration(
      'terminationDrainDuration',
      text('terminationDrainDuration') ?? env['TERMINATION_DRAIN_DURATION_SECONDS'],
    ),
    exitOnZeroConnections:
      env['EXIT_ON_ZERO_ACTIVE_CONNECTIONS'] === 'true' || meta('EXIT_ON_ZERO_ACTIVE_CONNECTIONS') === 'true',
    minimumDrainMs: duration('MINIMUM_DRAIN_DURATION', env['MINIMUM_DRAIN_DURATION']),
    envoy: text('binaryPath') ?? '/usr/local/bin/envoy',
    concurrency: args.concurrency ?? number('concurrency', 1),
    probers: env['ISTIO_KUBE_APP_PROBERS'] ?? '',
    probesLocalhost: env['REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION'] === 'true',
    applicationMetrics: env['ISTIO_PROMETHEUS_ANNOTATIONS'] ?? '',
    certificateDirectory: env['OUTPUT_CERTS'],
  }
}

/** ISTIO_META_X becomes X. */
export function metadataOf(env: Environment): Record<string, string> {
  const named = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith(PREFIX) && value !== undefined ? [[name.slice(PREFIX.length), value] as const] : [],
  )
  return Object.fromEntries(named)
}

function interceptionOf(text: string | undefined): PodSetup['interception'] {
  if (text === undefined || text === '') return 'REDIRECT'
  if (text === 'REDIRECT' || text === 'TPROXY' || text === 'NONE') return text
  throw new Error(`Cannot start: ISTIO_META_INTERCEPTION_MODE is "${text}", expected REDIRECT, TPROXY or NONE`)
}

function hostAndPort(text: string): ServerAddress {
  const [, host, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(text) ?? []
  if (host === undefined || port === undefined)
    throw new Error(`Cannot reach the control plane: its address is "${text}", expected HOST:PORT`)
  return { host, port: Number(port) }
}

/** Istio's default of both. */
const DRAIN_MS = 5000

function duration(name: string, text: string | undefined): number {
  if (text === undefined || text === '') return DRAIN_MS
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : parseDuration(text)
  if (ms === undefined) throw new Error(`Cannot start: ${name} is "${text}", expected a duration such as "5s"`)
  return ms
}

function jsonObject(name: string, text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined || text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // Said below.
  }
  throw new Error(`Cannot start: ${name} is ${JSON.stringify(text)}, expected an object in JSON`)
}
