/** What the HTTP filters make of a routed request, one after the other, and then its route's action. */
import { FAILURES } from '../../proxy/hcm/failure.ts'
import { isOff } from '../../proxy/hcm/filter.ts'
import { Router } from '../../proxy/hcm/router/router.ts'
import { upgradeAllowed } from '../../proxy/hcm/upgrade.ts'
import type { RouteDecision } from '../../proxy/route/decision.ts'
import type { Action, Outcome } from './answer.ts'
import type { DryProxy } from './dry-proxy.ts'
import type { DryRequest, LocalAnswer } from './dry-request.ts'
import { forward } from './forward.ts'
import type { Path } from './path.ts'

/** @param share of the requests that come to this decision; undefined: all do */
export async function decided(
  dry: DryProxy,
  request: DryRequest,
  decision: RouteDecision,
  path: Path,
  share: number | undefined,
): Promise<Outcome[]> {
  const { services, head } = request
  if (!upgradeAllowed(head, decision, services.options)) {
    path.step('upgrade', `${head.upgrade ?? 'CONNECT'} is not allowed here`, path.causes.from(decision.origin))
    const { status, details } = FAILURES.upgradeRefused
    return [{ share: 1, action: { kind: 'answer', status, details } }]
  }
  const outcomes: Outcome[] = []
  let left = 1
  let delayMs = 0
  for (const filter of services.filters) {
    if (filter instanceof Router || isOff(request, filter) || left <= 0) continue
    const cause = path.causes.from(decision.origin)
    if (filter.explain) {
      const told = await filter.explain(request)
      if (told === undefined) continue
      const [policy] = told.policies ?? []
      path.step(told.subject, told.text, policy === undefined ? cause : path.causes.ofPolicy(policy), told.notes)
      for (const { share: part, status, details } of told.answers)
        outcomes.push({ share: left * part, action: { kind: 'answer', status, details } })
      left *= 1 - told.answers.reduce((sum, answer) => sum + answer.share, 0)
      delayMs = Math.max(delayMs, told.delayMs)
    } else if (filter.onRequest(request) !== 'continue' && request.answer) {
      const { status, details } = request.answer
      path.step(shortName(filter.name), `answers ${status} (${details})`, cause)
      outcomes.push({ share: left, action: answered(request.answer) })
      left = 0
    }
  }
  if (left > 0) outcomes.push({ share: left, action: acted(dry, request, decision, path, share) })
  return delayMs > 0 ? outcomes.map(outcome => ({ ...outcome, delayMs })) : outcomes
}

function acted(dry: DryProxy, request: DryRequest, { action }: RouteDecision, path: Path, share: number | undefined): Action {
  if (action.kind === 'forward') return forward(dry, request, action, path, share)
  if (action.kind === 'direct-response') {
    path.step('answer', `the proxy answers ${action.status} itself`)
    const body = Buffer.from(action.body).toString()
    return { kind: 'answer', status: action.status, details: 'direct_response', body }
  }
  const location = action.location(request.head)
  path.step('redirect', `${action.status} to ${location}`)
  return { kind: 'answer', status: action.status, details: 'direct_response', location }
}

function answered({ status, details, body, headers }: LocalAnswer): Action {
  const location = headers.get('location')
  return { kind: 'answer', status, details, ...(body && { body }), ...(location && { location }) }
}

/** "envoy.filters.http.cors" -> "cors" */
function shortName(filter: string): string {
  return filter.slice(filter.lastIndexOf('.') + 1)
}
