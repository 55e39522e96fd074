/**
 * Rules for the value of a patch. What it may hold is Envoy's to say, and there are hundreds of types; here the mistakes are found that would
 * make any of them unreadable.
 */
import type { Findings } from '../../findings.ts'
import { isRecord } from '../../schema/prune.ts'
import type { EnvoyConfigObjectPatch } from './schema.ts'

type Target = NonNullable<EnvoyConfigObjectPatch['applyTo']>

/** Everything but a bootstrap has a name. */
const nameless = new Set<Target>(['BOOTSTRAP', 'INVALID'])

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

/** @param findings at `patch.value` */
export function checkPatchValue(applyTo: Target, value: Readonly<Record<string, unknown>>, findings: Findings): void {
  const { name } = value
  if (!nameless.has(applyTo) && name !== undefined && name !== null && typeof name !== 'string')
    findings.at('name').error(`the name of a ${applyTo} is a text: expected it in quotes`)
  checkFilterName(name, findings.at('name'))
  checkTypes(value, findings)
}

/** @param findings at the name */
export function checkFilterName(name: unknown, findings: Findings): void {
  const instead = typeof name === 'string' && Object.hasOwn(oldNames, name) ? oldNames[name] : undefined
  if (instead !== undefined)
    findings.warning(`"${String(name)}" is the old name of a filter: expected "${instead}"`, { fix: `write "${instead}"` })
}

/** Envoy takes messages of its API's third version only. */
function checkTypes(value: unknown, findings: Findings): void {
  if (Array.isArray(value)) for (const [index, item] of value.entries()) checkTypes(item, findings.at(index))
  if (!isRecord(value)) return
  for (const [field, entry] of Object.entries(value)) {
    if (field === '@type') checkType(entry, findings.at(field))
    else checkTypes(entry, findings.at(field))
  }
}

function checkType(url: unknown, findings: Findings): void {
  if (typeof url !== 'string') findings.error('a type is a text: expected one such as "type.googleapis.com/envoy..."')
  else if (/^type\.googleapis\.com\/envoy\..*\.v2(?:alpha\d?)?\./.test(url))
    findings.error(`"${url}" is a type of Envoy's API v2, which is no longer there: expected one of v3`)
}
