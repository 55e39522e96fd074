/**
 * The last HTTP filter: does what the route says. Answers itself (no route, redirect, direct response) or sends the request on its way to a
 * cluster.
 */
import { HeaderList } from '../../http/headers.ts'
import type { DirectResponseAction, ForwardAction, RedirectAction } from '../../route/decision.ts'
import { FAILURES } from '../failure.ts'
import type { HttpFilter, HttpRequest, Verdict } from '../filter.ts'
import { ConnectTunnel } from './connect-tunnel.ts'
import { Forwarding, type RouterOptions } from './forwarding.ts'

const NO_BODY = Buffer.alloc(0)

export class Router implements HttpFilter {
  readonly name: string
  readonly defaultOff = false
  readonly #options: RouterOptions

  constructor(name: string, options: RouterOptions) {
    this.name = name
    this.#options = options
  }

  onRequest(request: HttpRequest): Verdict {
    const { decision } = request
    const { stats } = request.services
    stats.rq_total++
    if (decision === undefined) {
      stats.no_route++
      request.fail(FAILURES.noRoute)
    } else if (decision === 'tls-required') {
      stats.rq_redirect++
      const location = `https://${request.head.authority}${request.head.path}`
      request.reply(301, NO_BODY, 'direct_response', new HeaderList(['location', location]))
    } else if (decision.action.kind === 'forward') this.#forward(request, decision.action)
    else if (decision.action.kind === 'redirect') redirect(request, decision.action)
    else respondDirectly(request, decision.action)
    return 'taken'
  }

  #forward(request: HttpRequest, action: ForwardAction): void {
    const { services, record } = request
    const { cluster } = record
    if (cluster === undefined) {
      services.stats.no_cluster++
      request.fail({ ...FAILURES.clusterNotFound, status: action.clusterNotFoundStatus })
      return
    }
    if (request.head.method === 'CONNECT' && action.terminateConnect) new ConnectTunnel(request, cluster, action).start()
    else new Forwarding(request, cluster, action, this.#options).start()
  }
}

function redirect(request: HttpRequest, action: RedirectAction): void {
  request.services.stats.rq_redirect++
  request.record.status = action.status
  const headers = new HeaderList(['location', action.location(request.head)])
  action.applyResponseHeaders(headers, request.head, request)
  request.reply(action.status, NO_BODY, 'direct_response', headers)
}

function respondDirectly(request: HttpRequest, action: DirectResponseAction): void {
  request.services.stats.rq_direct_response++
  request.record.status = action.status
  const headers = new HeaderList()
  action.applyResponseHeaders(headers, request.head, request)
  request.reply(action.status, action.body, 'direct_response', headers)
}
