/** Session persistence of HTTPRoutes and GRPCRoutes. */
import type { SessionPersistence } from '../../api/gateway/httproute/session.ts'
import type { HttpSession } from '../../model/http-rule.ts'
import { milliseconds } from '../duration.ts'

const NAME = 'mizzen-session'

/** A name of one's own is needed only where a client meets several sessions at a time. */
export function sessionOf(spec: SessionPersistence | undefined): HttpSession | undefined {
  if (!spec) return undefined
  if (spec.type === 'Header') return { kind: 'header', name: spec.sessionName ?? spec.header?.name ?? `x-${NAME}` }
  const { name, path = '/', lifetimeType } = { ...spec.cookieConfig, ...spec.cookie }
  const lifetimeMs = lifetimeType === 'Permanent' ? (milliseconds(spec.absoluteTimeout) ?? 0) : 0
  return { kind: 'cookie', name: spec.sessionName ?? name ?? NAME, path, lifetimeMs }
}
