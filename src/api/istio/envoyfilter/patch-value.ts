/** Rules for the value of a patch: it must be a message of Envoy's API, whole or in part. */
import { type JsonValue, readMessage } from '../../../xds/wire/read-message.ts'
import type { Findings } from '../../findings.ts'
import { isRecord } from '../../schema/prune.ts'
import { type ApplyTo, ENVOY_MESSAGES } from './messages.ts'

/** Names of filters before Envoy 1.14, and what they are called since. */
const oldNames: Readonly<Record<string, string>> = {
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.client_ssl_auth': 'envoy.filters.network.client_ssl_auth',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.csrf': 'envoy.filters.http.csrf',
  'envoy.echo': 'envoy.filters.network.echo',
  'envoy.ext_authz': 'envoy.filters.http.ext_authz',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.grpc_json_transcoder': 'envoy.filters.http.grpc_json_transcoder',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.gzip': 'envoy.filters.http.gzip',
  'envoy.health_check': 'envoy.filters.http.health_check',
  'envoy.http_connection_manager': 'envoy.filters.network.http_connection_manager',
  'envoy.ip_tagging': 'envoy.filters.http.ip_tagging',
  'envoy.listener.http_inspector': 'envoy.filters.listener.http_inspector',
  'envoy.listener.original_dst': 'envoy.filters.listener.original_dst',
  'envoy.listener.original_src': 'envoy.filters.listener.original_src',
  'envoy.listener.proxy_protocol': 'envoy.filters.listener.proxy_protocol',
  'envoy.listener.tls_inspector': 'envoy.filters.listener.tls_inspector',
  'envoy.lua': 'envoy.filters.http.lua',
  'envoy.mongo_proxy': 'envoy.filters.network.mongo_proxy',
  'envoy.rate_limit': 'envoy.filters.http.ratelimit',
  'envoy.ratelimit': 'envoy.filters.network.ratelimit',
  'envoy.redis_proxy': 'envoy.filters.network.redis_proxy',
  'envoy.router': 'envoy.filters.http.router',
  'envoy.squash': 'envoy.filters.http.squash',
  'envoy.tcp_proxy': 'envoy.filters.network.tcp_proxy',
}

/** As Istio: what is no such message of Envoy's is an error, a field that it does not have a warning. @param findings at `patch.value` */
export function checkPatchValue(applyTo: ApplyTo, value: Readonly<Record<string, unknown>>, findings: Findings): void {
  checkFilterName(value['name'], findings.at('name'))
  if (checkTypes(value, findings)) return
  const type = ENVOY_MESSAGES[applyTo]
  if (type === undefined) return
  const json: JsonValue = JSON.parse(JSON.stringify(value))
  for (const { level, path, message } of readMessage(type, json).faults) {
    if (level === 'error') findings.at(...path).error(message)
    else findings.at(...path).warning(message)
  }
}

/** @param findings at the name */
export function checkFilterName(name: unknown, findings: Findings): void {
  const instead = typeof name === 'string' && Object.hasOwn(oldNames, name) ? oldNames[name] : undefined
  if (instead !== undefined)
    findings.warning(`"${String(name)}" is the old name of a filter: expected "${instead}"`, { fix: `write "${instead}"` })
}

/** Envoy takes messages of its API's third version only. @returns whether there is one of an older version */
function checkTypes(value: unknown, findings: Findings): boolean {
  if (Array.isArray(value)) return value.map((item, index) => checkTypes(item, findings.at(index))).some(Boolean)
  if (!isRecord(value)) return false
  return Object.entries(value)
    .map(([field, entry]) => (field === '@type' ? checkType(entry, findings.at(field)) : checkTypes(entry, findings.at(field))))
    .some(Boolean)
}

function checkType(url: unknown, findings: Findings): boolean {
  const old = typeof url === 'string' && /^type\.googleapis\.com\/envoy\..*\.v2(?:alpha\d?)?\./.test(url)
  if (old) findings.error(`"${url}" is a type of Envoy's API v2, which is no longer there: expected one of v3`)
  return old
}
