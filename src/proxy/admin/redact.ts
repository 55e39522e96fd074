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

export function redact(value: JsonValue, within = false): JsonValue {
  if (Array.isArray(value)) return value.map(item => redact(item, within))
  if (typeof value !== 'object' || value === null) return value
  const shown: Record<string, JsonValue> = {}
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue
    shown[name] = within && CONTENT_FIELDS.has(name) ? '[redacted]' : redact(field, within || SECRET_FIELDS.has(name))
  }
  return shown
}
