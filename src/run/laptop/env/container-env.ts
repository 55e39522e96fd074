/**
 * All that a container is told through its environment: what it inherits from the terminal, its ports, the way to other services, and
 * the manifest's own variables. Pure.
 */
import type { ContainerPlan } from '../plan/pod-plan.ts'
import { expand } from './expand.ts'
import { type EnvContext, resolveEnv } from './resolve.ts'
import { forwardedAddress, type ServicePort, type ServicesByAddress, serviceVariables } from './service-address.ts'

export interface ContainerSurroundings {
  readonly pod: EnvContext['pod']
  readonly configMap: EnvContext['configMap']
  readonly secret: EnvContext['secret']
  /** The environment of `mizzen up`. */
  readonly inherited: Readonly<Record<string, string | undefined>>
  /** Container port -> port to listen on, in the order of declaration. The same where the pod has a network of its own. */
  readonly ports: ReadonlyMap<number, number>
  /** Address to listen on; undefined where the pod has a network of its own and any will do. */
  readonly listenAddress: string | undefined
  /** Port of the sidecar's HTTP proxy; undefined where traffic is captured, or there is no sidecar. */
  readonly httpProxy: number | undefined
  /** Script that hands on trace headers in Node applications; undefined: none is loaded. */
  readonly preload: string | undefined
  /** URL of the sidecar's admin endpoint, for what is loaded to tell it of traces; undefined: it does not take that. */
  readonly traceNotes?: string | undefined
  /** File that gRPC libraries start from; undefined: the application is not its own data plane. */
  readonly grpcBootstrap: string | undefined
  /** Ports of the services in the mesh as this pod reaches them. */
  readonly services: readonly ServicePort[]
}

export interface ContainerEnv {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** What of the manifest was replaced, for the log: `CACHE_ADDR=127.0.0.1:21010 (was "cache:6379")`. */
  readonly notes: readonly string[]
  /** Why the container cannot start. */
  readonly problems: readonly string[]
}

export function containerEnv(container: ContainerPlan, around: ContainerSurroundings): ContainerEnv {
  const { pod, ports, services } = around
  const byAddress = new Map(services.map(service => [`${service.host}:${service.port}`, service]))
  const notes: string[] = []
  const rewrite = (name: string, value: string): string => {
    const replaced = assignedPort(name, value, ports) ?? forwardedAddress(value, pod.namespace, byAddress)
    if (replaced !== value) notes.push(`${name}=${replaced} (was "${value}")`)
    return replaced
  }
  const base = new Map([...serviceVariables(services, pod.namespace), ...ownVariables(container, around)])
  const { variables: resolved, problems } = resolveEnv(container.env, { ...around, base, rewrite })
  const variables = new Map(resolved)
  for (const [name, value, before] of forwardedPairs(resolved, base, pod.namespace, byAddress)) {
    variables.set(name, value)
    notes.push(`${name}=${value} (was "${before}")`)
  }
  return {
    argv: container.argv.map(word => expand(word, variables)),
    env: {
      ...inheritedEnv(around.inherited),
      ...proxyVariables(around.httpProxy),
      ...(around.grpcBootstrap && grpcVariables(around.grpcBootstrap)),
      ...Object.fromEntries(variables),
      ...(around.preload && around.traceNotes && { MIZZEN_TRACE_NOTES: around.traceNotes }),
      ...nodeOptions(around.preload, variables.get('NODE_OPTIONS')),
    },
    notes,
    problems,
  }
}

/** `CACHE_HOST=cache` beside `CACHE_PORT=6400` is the address of a forwarded service too. Variables that are not the manifest's stay. */
function* forwardedPairs(
  variables: ReadonlyMap<string, string>,
  base: ReadonlyMap<string, string>,
  namespace: string,
  services: ServicesByAddress,
): Generator<[name: string, value: string, before: string]> {
  for (const [name, host] of variables) {
    const portName = name.replace(/HOST$/, 'PORT')
    const port = variables.get(portName)
    if (portName === name || port === undefined || host === base.get(name) || host.includes(':')) continue
    const address = `${host}:${port}`
    const forwarded = forwardedAddress(address, namespace, services)
    if (forwarded === address) continue
    const [newHost = '', newPort = ''] = forwarded.split(':')
    yield [name, newHost, host]
    yield [portName, newPort, port]
  }
}

/** A manifest that says `PORT=8080` means its container port: the port to listen on here is another. */
function assignedPort(name: string, value: string, ports: ReadonlyMap<number, number>): string | undefined {
  if (name !== 'PORT' && !name.endsWith('_PORT')) return undefined
  return ports.get(Number(value))?.toString()
}

function ownVariables(
  { ports: declared }: ContainerPlan,
  { ports, listenAddress, pod }: ContainerSurroundings,
): Map<string, string> {
  // The kubelet sets the host name; programs use it to say which replica they are.
  const variables = new Map([['HOSTNAME', pod.name]])
  if (listenAddress !== undefined) variables.set('HOST', listenAddress)
  for (const { name, number } of declared) {
    const port = String(ports.get(number) ?? number)
    if (!variables.has('PORT')) variables.set('PORT', port)
    variables.set(`PORT_${number}`, port)
    if (name) variables.set(`PORT_${name.toUpperCase().replaceAll('-', '_')}`, port)
  }
  return variables
}

/** HTTP clients of most languages read one or another of these. */
function proxyVariables(port: number | undefined): Record<string, string> {
  if (port === undefined) return {}
  const proxy = `http://127.0.0.1:${port}`
  const direct = 'localhost,127.0.0.1,::1'
  return {
    HTTP_PROXY: proxy,
    http_proxy: proxy,
    HTTPS_PROXY: proxy,
    https_proxy: proxy,
    NO_PROXY: direct,
    no_proxy: direct,
    // Node's own clients (fetch, http.request) look at the variables above only when asked to.
    NODE_USE_ENV_PROXY: '1',
  }
}

/** Of gRPC libraries that read xDS themselves. Some have mutual TLS and access policies only where these say so. */
function grpcVariables(bootstrap: string): Record<string, string> {
  return {
    GRPC_XDS_BOOTSTRAP: bootstrap,
    GRPC_XDS_EXPERIMENTAL_SECURITY_SUPPORT: 'true',
    GRPC_XDS_EXPERIMENTAL_RBAC: 'true',
  }
}

/** Beside what the manifest says itself. */
function nodeOptions(preload: string | undefined, own: string | undefined): Record<string, string> {
  if (preload === undefined) return {}
  return { NODE_OPTIONS: `${own === undefined ? '' : `${own} `}--require ${JSON.stringify(preload)}` }
}

/** Of the terminal, without what would mislead: its own proxy and port, and npm's variables when `npm start` runs the mesh. */
const NOT_INHERITED = /^(?:(?:https?|all|no)_proxy|port|host|hostname|init_cwd|npm_.*|node_options|node_use_env_proxy)$/i

function inheritedEnv(inherited: ContainerSurroundings['inherited']): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(inherited)) {
    if (value !== undefined && !NOT_INHERITED.test(name)) env[name] = value
  }
  return env
}
