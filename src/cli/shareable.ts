/** An object of a cluster as it may be shown to somebody who helps: without the values that applications are given, and without what identifies callers. */
import { SECRET_HEADERS, withoutSecretMembers } from '../proxy/admin/redact.ts'

const HIDDEN = '[redacted]'
/** The proxy's variables are settings, and say why it does what it does. */
const PROXY = 'istio-proxy'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export function shareable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shareable)
  if (!isRecord(value)) return value
  const ofApplication = Array.isArray(value['env']) && value['name'] !== PROXY
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, field]): (readonly [string, unknown])[] => {
      if (name === LAST_APPLIED) return []
      if (name === 'jwks' && typeof field === 'string') return [[name, withoutSecretMembers(field)]]
      if (typeof field === 'string' && SECRET_HEADERS.has(name.toLowerCase())) return [[name, HIDDEN]]
      if (name === 'env' && ofApplication && Array.isArray(field)) return [[name, field.map(variable)]]
      return [[name, shareable(field)]]
    }),
  )
}

function variable(entry: unknown): unknown {
  return isRecord(entry) && entry['value'] !== undefined ? { ...entry, value: HIDDEN } : entry
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
