/**
 * The value of an EnvoyFilter's patch as the Envoy message that it is meant to be. Read as Istio does: what does not fit is an error, and a
 * field that the message does not have is left out with a warning.
 */
import { type ObjectHead, type Path, pathText } from '../api/object.ts'
import type { PatchTarget } from '../model/envoy-patch.ts'
import { type JsonValue, jsonToBytes } from '../xds/wire/json.ts'
import { findSchema } from '../xds/wire/registry.ts'
import { messageName } from '../xds/wire/type-url.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'

/** The message that each target is. */
export const MESSAGES: Readonly<Record<PatchTarget, string>> = {
  listener: 'envoy.config.listener.v3.Listener',
  'listener-filter': 'envoy.config.listener.v3.ListenerFilter',
  'filter-chain': 'envoy.config.listener.v3.FilterChain',
  'network-filter': 'envoy.config.listener.v3.Filter',
  'http-filter': 'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
  'route-configuration': 'envoy.config.route.v3.RouteConfiguration',
  'virtual-host': 'envoy.config.route.v3.VirtualHost',
  route: 'envoy.config.route.v3.Route',
  cluster: 'envoy.config.cluster.v3.Cluster',
  'extension-config': 'envoy.config.core.v3.TypedExtensionConfig',
}

/** @param path of the value in the object @returns undefined: it cannot be read, and diagnostics say why */
export function patchValue(
  object: ObjectHead,
  path: Path,
  target: PatchTarget,
  value: Readonly<Record<string, unknown>>,
  diagnostics: Diagnostic[],
): Uint8Array | undefined {
  const json: JsonValue = JSON.parse(JSON.stringify(value))
  const tell = (level: 'error' | 'warning', at: Path, message: string, effect: string) =>
    diagnostics.push(diagnostic(object, [...path, ...at], { code: 'envoy-patch', level, message, effect }))
  for (const { type, at } of typesIn(json)) {
    if (ENVOY_ONLY.test(messageName(type))) {
      const message = `"${messageName(type)}" works on Envoy only`
      tell(
        'warning',
        at,
        message,
        "mizzen's own proxy refuses a listener with it and keeps what it had: run Envoy (--engine envoy)",
      )
    }
    if (findSchema(type)) continue
    tell('error', at, `Cannot read the patch: "${type}" is no message that mizzen knows of Envoy's API`, LEFT_OUT)
    return undefined
  }
  const name = MESSAGES[target]
  try {
    return jsonToBytes(name, json)
  } catch (error) {
    const strict = reason(error)
    try {
      const bytes = jsonToBytes(name, json, 'ignore')
      tell('warning', placeOf(json, strict), `The patch has a field that Envoy does not: ${strict}`, 'the field is left out')
      return bytes
    } catch (worse) {
      const why = reason(worse)
      const at = placeOf(json, why)
      const place = at.length > 0 ? ` at ${pathText(at)}` : ''
      tell('error', at, `Cannot read the patch as ${name}${place}: ${withExpectation(why)}`, LEFT_OUT)
      return undefined
    }
  }
}

const LEFT_OUT = 'what the mesh makes stays as it is without the patch'

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

function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.replace(/^cannot decode (?:message|field) /, '').replace(' from JSON:', ':')
}

/**
 * Where the field stands that a message of the JSON reader names: `key "x" is unknown`, `envoy...Cluster.x: expected ...`, or where the value
 * is that it cannot read: `google.protobuf.Duration: "x"`.
 */
function placeOf(json: JsonValue, message: string): Path {
  const [, value] = /^google\.protobuf\.\w+: "(.*)"$/.exec(message) ?? []
  if (value !== undefined) return pathOf(json, (_, entry) => entry === value) ?? []
  const [, field] = /key "([^"]+)" is unknown/.exec(message) ?? /^[\w.]+\.(\w+): /.exec(message) ?? []
  return (field && pathOf(json, key => key === field || key === camelCase(field))) || []
}

function pathOf(value: JsonValue, isMeant: (key: string, entry: JsonValue) => boolean): Path | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, entry] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(key) : key
    if (isMeant(key, entry)) return [step]
    const below = pathOf(entry, isMeant)
    if (below) return [step, ...below]
  }
  return undefined
}

function withExpectation(why: string): string {
  return why.replace(/^google\.protobuf\.Duration: (.*)$/, '$1 is no duration: expected seconds such as "1.5s"')
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
