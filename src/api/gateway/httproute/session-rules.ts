/** Rules for session persistence, as the CRDs of HTTPRoute and GRPCRoute have them. */
import type { Findings } from '../../findings.ts'
import type { SessionPersistence } from './session.ts'

/** @param findings at `sessionPersistence` */
export function checkSession(session: SessionPersistence | undefined, findings: Findings): void {
  if (!session) return
  const { type = 'Cookie', cookieConfig, cookie, header, absoluteTimeout } = session
  if ((cookieConfig ?? cookie)?.lifetimeType === 'Permanent' && !absoluteTimeout)
    findings.error('"absoluteTimeout" is missing: a Permanent cookie needs it', { code: 'missing-field' })
  for (const [owner, field, given] of [
    ['Cookie', 'cookieConfig', cookieConfig],
    ['Cookie', 'cookie', cookie],
    ['Header', 'header', header],
  ] as const) {
    if (given && type !== owner) findings.at(field).error(`it belongs to type ${owner}, and the type is ${type}`)
  }
}
