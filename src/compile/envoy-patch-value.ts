/**
 * The value of an EnvoyFilter's patch as the Envoy message that it is meant to be. Admission has judged it already; what is left to tell is what
 * mizzen's own proxy makes of it.
 */
import { type ApplyTo, ENVOY_MESSAGES } from '../api/istio/envoyfilter/messages.ts'
import type { ObjectHead, Path } from '../api/object.ts'
import { type JsonValue, readMessage } from '../xds/wire/read-message.ts'
import { messageName } from '../xds/wire/type-url.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'

/** @param path of the value in the object @returns undefined: it cannot be read, and diagnostics say why */
export function patchValue(
  object: ObjectHead,
  path: Path,
  applyTo: ApplyTo,
  value: Readonly<Record<string, unknown>>,
  diagnostics: Diagnostic[],
): Uint8Array | undefined {
  const type = ENVOY_MESSAGES[applyTo]
  if (type === undefined) return undefined
  const json: JsonValue = JSON.parse(JSON.stringify(value))
  const tell = (level: 'error' | 'warning', at: Path, message: string, effect: string) =>
    diagnostics.push(diagnostic(object, [...path, ...at], { code: 'envoy-patch', level, message, effect }))
  for (const { type: inside, at } of typesIn(json)) {
    if (ENVOY_ONLY.test(messageName(inside)))
      tell(
        'warning',
        at,
        `"${messageName(inside)}" works on Envoy only`,
        messageName(inside).startsWith('envoy.extensions.filters.http.lua.')
          ? "mizzen's own proxy leaves it out: run Envoy (--engine envoy), or write a TypeScriptFilter"
          : "mizzen's own proxy refuses a listener with it and keeps what it had: run Envoy (--engine envoy)",
      )
  }
  const { bytes, faults } = readMessage(type, json)
  for (const fault of faults) {
    const hides = fault.level === 'error' || fault.unknownType !== undefined
    if (hides)
      tell('error', fault.path, `Cannot read the patch: ${fault.message}`, 'what the mesh makes stays as it is without the patch')
  }
  return bytes
}

/** Extensions that run code of the user's, or need an engine that only Envoy has. */
const ENVOY_ONLY =
  /^envoy\.extensions\.(?:filters\.(?:http|network)\.(?:lua|wasm|ext_proc|tap|oauth2|golang|grpc_json_transcoder|aws_lambda|aws_request_signing|cache|composite|thrift_proxy|redis_proxy|mongo_proxy|zookeeper_proxy|dubbo_proxy)|wasm|stat_sinks)\./

function* typesIn(value: JsonValue, at: Path = []): Generator<{ type: string; at: Path }> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, entry] of Object.entries(value)) {
    const place = [...at, Array.isArray(value) ? Number(key) : key]
    if (key === '@type' && typeof entry === 'string') yield { type: entry, at: place }
    else yield* typesIn(entry, place)
  }
}
