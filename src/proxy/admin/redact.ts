/** Takes secrets out of configuration that is shown. */
import type { JsonValue } from '../../xds/wire/json.ts'

/** Fields of TLS contexts and secrets whose content nobody is to see; a file's name may be seen. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'private_key',
  'password',
  'pkcs12',
  'session_ticket_keys',
  'generic_secret',
  'secret',
])
const CONTENT_FIELDS: ReadonlySet<string> = new Set(['inline_bytes', 'inline_string'])

/** Headers that callers and servers are known by: rules may set them. */
export const SECRET_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
])
/** Of a key in a JWKS: what is not public (RFC 7518 6.2.2, 6.3.2, 6.4.1). */
const SECRET_MEMBERS: ReadonlySet<string> = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])
const HIDDEN = '[redacted]'

export function redact(value: JsonValue, within = false): JsonValue {
  if (Array.isArray(value)) return value.map(item => redact(item, within))
  if (typeof value !== 'object' || value === null) return value
  const shown: Record<string, JsonValue> = {}
  const header = typeof value['key'] === 'string' && SECRET_HEADERS.has(value['key'].toLowerCase())
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue
    if ((within && CONTENT_FIELDS.has(name)) || (header && (name === 'value' || name === 'raw_value'))) shown[name] = HIDDEN
    else shown[name] = name === 'local_jwks' ? publicKeys(field) : redact(field, within || SECRET_FIELDS.has(name))
  }
  return shown
}

/** A rule may be given a key that both sides share, or, by mistake, a private one. */
function publicKeys(source: JsonValue): JsonValue {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return source
  const shown = { ...source }
  for (const name of CONTENT_FIELDS) {
    const content = source[name]
    if (typeof content !== 'string') continue
    const text = name === 'inline_bytes' ? Buffer.from(content, 'base64').toString() : content
    shown[name] = withoutSecretMembers(text)
  }
  return shown
}

/** @param jwks JSON; hidden whole when it is none */
export function withoutSecretMembers(jwks: string): string {
  try {
    return JSON.stringify(JSON.parse(jwks), (name, value: unknown) => (SECRET_MEMBERS.has(name) ? HIDDEN : value))
  } catch {
    return HIDDEN
  }
}
