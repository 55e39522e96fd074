/** A request on a connection that a connection manager serves: its head is prepared and routed by the proxy's own code. */
import { FAILURES, type Failure } from '../../proxy/hcm/failure.ts'
import { JwtFilter } from '../../proxy/hcm/jwt.ts'
import type { HttpConnectionManager } from '../../proxy/hcm/manager.ts'
import { prepareRequestHead } from '../../proxy/hcm/request-head.ts'
import { HeaderList } from '../../proxy/http/headers.ts'
import type { RequestHead } from '../../proxy/http/stream.ts'
import type { Connection } from '../../proxy/listener/connection.ts'
import type { DynamicMetadata } from '../../proxy/metadata/dynamic.ts'
import type { RouteTrace } from '../../proxy/route/decision.ts'
import { DecisionRecord } from '../../proxy/telemetry/decision-record.ts'
import type { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import type { VirtualHost } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Outcome } from './answer.ts'
import type { Call } from './call.ts'
import { connectionOf, type Served } from './connection.ts'
import type { DryProxy, Terminal } from './dry-proxy.ts'
import { DryRequest } from './dry-request.ts'
import { decided } from './filters.ts'
import { nearHosts, nearRoutes, routeLabel, skippedRoutes } from './near-miss.ts'
import type { Path } from './path.ts'

type HttpTerminal = Extract<Terminal, { kind: 'http' }>

/** A request whose head is ready for routing. */
interface Arrived {
  readonly manager: HttpConnectionManager
  readonly connection: Connection
  readonly head: RequestHead
  readonly metadata: DynamicMetadata | undefined
}

/** @returns what may become of the request; `path` tells an error besides */
export async function followRequest(
  dry: DryProxy,
  served: Served,
  terminal: HttpTerminal,
  call: Call,
  path: Path,
): Promise<Outcome[]> {
  if (call.protocol === 'tcp' || (call.tls !== 'plaintext' && !served.terminated)) {
    const sent = call.protocol === 'tcp' ? 'the call is not HTTP' : 'the call is encrypted for somebody else'
    path.fail('ProtocolError', 'protocol', `this chain reads HTTP, and ${sent}`)
    return []
  }
  const { manager, foreign } = terminal
  const connection = connectionOf(served, call)
  const head = headOf(call, served.terminated)
  const problem = prepareRequestHead(head, connection, manager.options, new DecisionRecord(connection))
  if (problem !== undefined) {
    const outcome =
      'redirect' in problem ? answered(307, 'path_normalized', problem.redirect) : answered(problem.status, problem.details)
    path.step('request', `the proxy does not take it as it is (${'redirect' in problem ? 'path' : problem.details})`)
    return [outcome]
  }
  const arrived = { manager, connection, head, metadata: await claimsOf(manager, connection, head) }
  const trace = routed(terminal, arrived, path)
  if (!('outcomes' in trace)) return [trace]
  if (foreign.length > 0)
    path.step(
      'filter',
      `${foreign.join(', ')}: Envoy runs ${foreign.length > 1 ? 'them' : 'it'}, mizzen's proxy does not know ${foreign.length > 1 ? 'them' : 'it'}`,
    )
  const several = trace.outcomes.length > 1
  const all: Outcome[] = []
  for (const { share, result } of trace.outcomes) {
    const request = new DryRequest(manager, connection, copyOf(head), result)
    const outcomes = await decided(dry, request, result, path, several ? share : undefined)
    all.push(...outcomes.map(outcome => ({ ...outcome, share: share * outcome.share })))
  }
  return all
}

/** What verified tokens say, where routes are looked up again with it. */
async function claimsOf(
  manager: HttpConnectionManager,
  connection: Connection,
  head: RequestHead,
): Promise<DynamicMetadata | undefined> {
  const filter = manager.filters.find(each => each instanceof JwtFilter)
  if (!filter?.changesRoutes) return undefined
  const request = new DryRequest(manager, connection, copyOf(head))
  await filter.explain(request)
  return request.record.metadata
}

/** @returns the proxy's own answer where no route takes the request */
function routed({ manager, routes }: HttpTerminal, arrived: Arrived, path: Path): RouteTrace | Outcome {
  const { head } = arrived
  const table = manager.routes.table
  if (!routes || !table) {
    path.fail('NoVirtualHost', 'route table', `"${manager.routeSource.name ?? ''}" is not among the resources of this proxy`)
    return failed(FAILURES.noRoute)
  }
  path.names.routeConfig = routes.name
  const trace = table.trace(head, requestOf(arrived))
  const host = routes.virtualHosts.find(each => each.name === trace.virtualHost)
  if (!host) return noHost(routes, head, path)
  path.names.virtualHost = host.name
  const cause = path.causes.of(host.metadata)
  path.step('host', `${host.name} has "${head.authority}"`, cause)
  if (trace.tlsRequired) {
    const location = `https://${head.authority}${head.path}`
    path.fail('TLSRedirect', 'TLS', `plaintext is sent to ${location}`, [], cause)
    return answered(301, 'direct_response', location)
  }
  return chosenRoute(host, trace, arrived, path)
}

function noHost(routes: RouteConfiguration, head: RequestHead, path: Path): Outcome {
  const near = nearHosts(routes, head.authority)
  path.fail('NoVirtualHost', 'host', `none of route table "${routes.name}" is for "${head.authority}"`, near)
  return failed(FAILURES.noRoute)
}

function chosenRoute(host: VirtualHost, trace: RouteTrace, arrived: Arrived, path: Path): RouteTrace | Outcome {
  const { head } = arrived
  const request = requestOf(arrived)
  const route = trace.route === undefined ? undefined : host.routes[trace.route]
  if (!route || trace.route === undefined) {
    const near = nearRoutes(host.routes, request, trace.path, path.causes)
    path.fail('NoRoute', 'route', `no rule takes ${head.method} ${head.path}`, near.notes, near.cause)
    return failed(FAILURES.noRoute)
  }
  path.names.route = route.name
  const cause = path.causes.of(route.metadata) ?? path.causes.of(host.metadata)
  const skipped = skippedRoutes(host.routes.slice(0, trace.route), request, trace.path, path.causes)
  path.step('route', routeLabel(route), cause, skipped)
  return trace
}

function requestOf({ manager, connection, head, metadata }: Arrived): DryRequest {
  const request = new DryRequest(manager, connection, head)
  request.record.metadata = metadata
  return request
}

function failed({ status, details }: Failure): Outcome {
  return answered(status, details)
}

function answered(status: number, details: string, location?: string): Outcome {
  return { share: 1, action: { kind: 'answer', status, details, ...(location !== undefined && { location }) } }
}

function headOf({ protocol, method, host, path, headers, upgrade }: Call, secure: boolean): RequestHead {
  const list = new HeaderList()
  for (const [name, value] of headers) list.add(name.toLowerCase(), value)
  return {
    protocol: protocol === 'http2' ? 'HTTP/2' : 'HTTP/1.1',
    method,
    scheme: secure ? 'https' : 'http',
    authority: host,
    path,
    headers: list,
    upgrade,
  }
}

function copyOf(head: RequestHead): RequestHead {
  const headers = new HeaderList()
  head.headers.forEach((name, value) => {
    headers.add(name, value)
  })
  return { ...head, headers }
}
