/** Whether a request may become something else (CONNECT, WebSocket ...): the route says, else the connection manager. */
import type { RequestHead } from '../http/stream.ts'
import type { RouteDecision } from '../route/decision.ts'
import type { HcmOptions } from './options.ts'

export function upgradeAllowed(
  head: RequestHead,
  decision: RouteDecision | 'tls-required' | undefined,
  options: HcmOptions,
): boolean {
  const type = head.method === 'CONNECT' ? 'connect' : head.upgrade
  if (type === undefined) return true
  const byRoute =
    decision !== undefined && decision !== 'tls-required' && decision.action.kind === 'forward'
      ? decision.action.upgrades.get(type)
      : undefined
  return byRoute ?? options.upgrades.get(type) ?? false
}
