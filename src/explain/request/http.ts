/** A request on a connection that a connection manager serves: its head is prepared, routed and filtered by the proxy's own code. */
import { FAILURES } from '../../proxy/hcm/failure.ts'
import { isOff } from '../../proxy/hcm/filter.ts'
import { prepareRequestHead } from '../../proxy/hcm/request-head.ts'
import { Router } from '../../proxy/hcm/router/router.ts'
import { upgradeAllowed } from '../../proxy/hcm/upgrade.ts'
import { HeaderList } from '../../proxy/http/headers.ts'
import type { RequestHead } from '../../proxy/http/stream.ts'
import type { RouteDecision } from '../../proxy/route/decision.ts'
import { DecisionRecord } from '../../proxy/telemetry/decision-record.ts'
import type { Outcome } from './answer.ts'
import type { Call } from './call.ts'
import { connectionOf, type Served } from './connection.ts'
import type { DryProxy, Terminal } from './dry-proxy.ts'
import { DryRequest, type LocalAnswer } from './dry-request.ts'
import { forward } from './forward.ts'
import { nearHosts, nearRoutes, routeLabel, skippedRoutes } from './near-miss.ts'
import type { Path } from './path.ts'

type HttpTerminal = Extract<Terminal, { kind: 'http' }>

/** @returns what may become of the request; none: `path` tells the error */
export function followRequest(dry: DryProxy, served: Served, terminal: HttpTerminal, call: Call, path: Path): Outcome[] {
  if (call.protocol === 'tcp' || (call.tls !== 'plaintext' && !served.terminated)) {
    const sent = call.protocol === 'tcp' ? 'the call is not HTTP' : 'the call is encrypted for somebody else'
    path.fail('ProtocolError', 'protocol', `this chain reads HTTP, and ${sent}`)
    return []
  }
  const { manager, routes } = terminal
  const connection = connectionOf(served, call)
  const head = headOf(call, served.terminated)
  const problem = prepareRequestHead(head, connection, manager.options, new DecisionRecord(connection))
  if (problem !== undefined) {
    const answer =
      'redirect' in problem
        ? ({ kind: 'answer', status: 307, details: 'path_normalized', location: problem.redirect } as const)
        : ({ kind: 'answer', status: problem.status, details: problem.details } as const)
    path.step('request', `the proxy does not take it as it is: ${answer.details}`)
    return [{ share: 1, action: answer }]
  }
  const table = manager.routes.table
  if (!routes || !table) {
    path.fail('NoVirtualHost', 'route table', `"${manager.routeSource.name ?? ''}" is not among the resources of this proxy`)
    return []
  }
  path.names.routeConfig = routes.name
  const trace = table.trace(head, new DryRequest(manager, connection, head))
  const host = routes.virtualHosts.find(each => each.name === trace.virtualHost)
  if (!host) {
    path.fail(
      'NoVirtualHost',
      'host',
      `no virtual host of "${routes.name}" is for "${head.authority}"`,
      nearHosts(routes, head.authority),
    )
    return []
  }
  path.names.virtualHost = host.name
  path.step('host', `"${head.authority}" is ${host.name}`, path.causes.of(host.metadata))
  if (trace.tlsRequired) {
    path.fail(
      'TLSRedirect',
      'TLS',
      `${host.name} sends plaintext to https://${head.authority}${head.path}`,
      [],
      path.causes.of(host.metadata),
    )
    return []
  }
  const request = new DryRequest(manager, connection, head)
  const route = trace.route === undefined ? undefined : host.routes[trace.route]
  if (!route || trace.route === undefined) {
    const near = nearRoutes(host.routes, request, trace.path, path.causes)
    path.fail(
      'NoRoute',
      'route',
      `none of the ${host.routes.length} rules for ${host.name} matches ${head.method} ${head.path}: 404`,
      near.notes,
      near.cause,
    )
    return []
  }
  path.names.route = route.name
  const cause = path.causes.of(route.metadata) ?? path.causes.of(host.metadata)
  path.step(
    'route',
    routeLabel(route, head),
    cause,
    skippedRoutes(host.routes.slice(0, trace.route), request, trace.path, path.causes),
  )
  if (terminal.foreign.length > 0)
    path.step(
      'filter',
      `${terminal.foreign.join(', ')}: run by Envoy; mizzen's proxy does not know ${terminal.foreign.length > 1 ? 'them' : 'it'}`,
    )
  const outcomes = trace.outcomes.flatMap(({ share, result }) => {
    const dryRequest = new DryRequest(manager, connection, copyOf(head), result)
    return decided(dry, dryRequest, result, path, trace.outcomes.length > 1).map(outcome => ({
      ...outcome,
      share: share * outcome.share,
    }))
  })
  return outcomes
}

function decided(dry: DryProxy, request: DryRequest, decision: RouteDecision, path: Path, several: boolean): Outcome[] {
  const { services, head } = request
  if (!upgradeAllowed(head, decision, services.options)) {
    path.step('upgrade', `${head.upgrade ?? 'CONNECT'} is not allowed here`)
    return [
      answered(
        { status: FAILURES.upgradeRefused.status, details: FAILURES.upgradeRefused.details, headers: new HeaderList(), body: '' },
        1,
      ),
    ]
  }
  const outcomes: Outcome[] = []
  let left = 1
  let delayMs = 0
  for (const filter of services.filters) {
    if (filter instanceof Router || isOff(request, filter)) continue
    if (filter.explain) {
      const told = filter.explain(request)
      if (told === undefined) continue
      path.step(told.subject, told.text, path.causes.from(decision.origin))
      for (const { share, status, details } of told.answers)
        outcomes.push({ share: left * share, action: { kind: 'answer', status, details } })
      left *= 1 - told.answers.reduce((sum, answer) => sum + answer.share, 0)
      delayMs = Math.max(delayMs, told.delayMs)
      if (left <= 0) return outcomes.map(outcome => withDelay(outcome, delayMs))
      continue
    }
    if (filter.onRequest(request) !== 'continue' && request.answer) {
      const { status, details } = request.answer
      path.step(shortName(filter.name), `answers ${status} (${details})`, path.causes.from(decision.origin))
      return [...outcomes, answered(request.answer, left)]
    }
  }
  return [
    ...outcomes,
    ...acted(dry, request, decision, path, several).map(outcome => ({ ...outcome, share: left * outcome.share })),
  ].map(outcome => withDelay(outcome, delayMs))
}

function acted(dry: DryProxy, request: DryRequest, { action }: RouteDecision, path: Path, several: boolean): Outcome[] {
  const { head } = request
  if (action.kind === 'forward') return [{ share: 1, action: forward(dry, request, action, path, several) }]
  if (action.kind === 'direct-response') {
    const body = Buffer.from(action.body).toString()
    path.step('answer', `the proxy answers ${action.status} itself`)
    return [{ share: 1, action: { kind: 'answer', status: action.status, details: 'direct_response', body } }]
  }
  const location = action.location(head)
  path.step('redirect', `${action.status} to ${location}`)
  return [{ share: 1, action: { kind: 'answer', status: action.status, details: 'direct_response', location } }]
}

function withDelay(outcome: Outcome, delayMs: number): Outcome {
  return delayMs > 0 ? { ...outcome, delayMs } : outcome
}

function answered({ status, details, body, headers }: LocalAnswer, share: number): Outcome {
  const location = headers.get('location')
  return { share, action: { kind: 'answer', status, details, ...(body && { body }), ...(location && { location }) } }
}

/** "envoy.filters.http.cors" -> "cors" */
function shortName(filter: string): string {
  return filter.slice(filter.lastIndexOf('.') + 1)
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
