/**
 * Single conditions of RBAC policies in the words of an AuthorizationPolicy: which field asks, what it wants, and what a request has there. Read
 * back from Envoy's messages, so that policies of any control plane can be told of.
 */
import type { Permission, Principal } from '../../../xds/gen/envoy/config/rbac/v3/rbac.ts'
import type { HeaderMatcher } from '../../../xds/gen/envoy/config/route/v3/route_components.ts'
import { UriTemplateMatchConfig } from '../../../xds/gen/envoy/extensions/path/match/uri_template/v3/uri_template_match.ts'
import type { MetadataMatcher } from '../../../xds/gen/envoy/type/matcher/v3/metadata.ts'
import type { StringMatcher } from '../../../xds/gen/envoy/type/matcher/v3/string.ts'
import type { ValueMatcher } from '../../../xds/gen/envoy/type/matcher/v3/value.ts'
import { unpack } from '../../../xds/wire/any.ts'
import { pathOnly } from '../../route/request-field.ts'
import type { Subject } from './subject.ts'

export interface ConditionWords {
  /** "principals", "request.headers[x-team]" */
  readonly field: string
  /** "cluster.local/ns/shop/sa/cart", "/items/*" */
  readonly wanted: string
  /** Never the value of a header: it may be a secret. */
  readonly found: (subject: Subject) => string
}

/** undefined: it asks for nothing in particular, or is made of other conditions. */
export function permissionWords({ rule }: Permission): ConditionWords | undefined {
  switch (rule?.$case) {
    case 'header':
      return headerWords(rule.value)
    case 'urlPath':
      return { field: 'paths', wanted: patternText(rule.value.rule?.value), found: foundPath }
    case 'uriTemplate':
      return { field: 'paths', wanted: templateText(rule.value), found: foundPath }
    case 'destinationIp':
      return cidrWords('destination.ip', rule.value, ({ facts }) => facts.localAddress)
    case 'destinationPort':
      return { field: 'ports', wanted: String(rule.value), found: foundPort }
    case 'destinationPortRange':
      return { field: 'ports', wanted: `${rule.value.start} to ${rule.value.end - 1}`, found: foundPort }
    case 'metadata':
      return metadataWords(rule.value)
    case 'requestedServerName':
      return {
        field: 'connection.sni',
        wanted: patternText(rule.value),
        found: ({ facts }) => quoted(facts.serverName, 'the connection names no server'),
      }
    default:
      return undefined
  }
}

/** See permissionWords(). */
export function principalWords({ identifier }: Principal): ConditionWords | undefined {
  switch (identifier?.$case) {
    case 'andIds':
      return requestPrincipalWords(identifier.value.ids)
    case 'authenticated':
      return identityWords(identifier.value.principalName)
    case 'sourceIp':
    case 'directRemoteIp':
      return cidrWords('ipBlocks', identifier.value, ({ facts }) => facts.remoteAddress)
    case 'remoteIp':
      return cidrWords('remoteIpBlocks', identifier.value, ({ remoteAddress }) => remoteAddress)
    case 'header':
      return headerWords(identifier.value)
    case 'urlPath':
      return { field: 'paths', wanted: patternText(identifier.value.rule?.value), found: foundPath }
    case 'metadata':
      return metadataWords(identifier.value)
    default:
      return undefined
  }
}

/** How Istio and mizzen write what a field of a source means as a pattern of the SPIFFE id. */
const IDENTITY_FORMS: readonly (readonly [field: string, form: RegExp])[] = [
  ['serviceAccounts', /^spiffe:\/\/\.\+\/ns\/(.+)\/\(\.\+\/\|\)sa\/(.+)\(\/\.\+\)\?$/],
  ['namespaces', /^\.\*\/ns\/(.*)\/\.\*$/],
  ['trustDomains', /^spiffe:\/\/([^/]+)\/\.\*$/],
  ['principals', /^spiffe:\/\/(.*)$/],
]

function identityWords(name: StringMatcher | undefined): ConditionWords {
  const found = ({ principals }: Subject) => principals?.join(', ') ?? 'the caller shows no certificate of the mesh'
  const pattern = name?.matchPattern
  if (pattern?.$case === 'safeRegex') {
    for (const [field, form] of IDENTITY_FORMS) {
      const match = form.exec(pattern.value.regex)
      if (match) return { field, wanted: match.slice(1).map(fromRegex).join('/'), found }
    }
  }
  return { field: 'principals', wanted: patternText(name).replace(/^spiffe:\/\//, ''), found }
}

/** "issuer/subject" is written as one condition on each of the two claims. */
function requestPrincipalWords(ids: readonly Principal[]): ConditionWords | undefined {
  const claims = ids.map(({ identifier }) => (identifier?.$case === 'metadata' ? identifier.value : undefined))
  const [issuer, subject] = claims
  if (ids.length !== 2 || !issuer || !subject || claimOf(issuer) !== 'iss' || claimOf(subject) !== 'sub') return undefined
  const wanted = `${valueText(issuer.value)}/${valueText(subject.value)}`
  return {
    field: 'requestPrincipals',
    wanted: wanted === '*/*' ? '*' : wanted,
    found: ({ metadata }) => {
      const [iss, sub] = [issuer, subject].map(({ filter, path }) => metadata?.at(filter, keysOf(path)))
      return iss === undefined ? 'the request has no valid token' : `the token is "${String(iss)}/${String(sub)}"`
    },
  }
}

function claimOf({ path }: MetadataMatcher): string {
  return keysOf(path).slice(1).join('][')
}

function metadataWords({ filter, path, value }: MetadataMatcher): ConditionWords {
  const keys = keysOf(path)
  const ofToken = filter === 'envoy.filters.http.jwt_authn' && keys.length > 1
  const field = ofToken
    ? `request.auth.claims[${keys.slice(1).join('][')}]`
    : `experimental.envoy.filters.${filter}[${keys.join('][')}]`
  return {
    field,
    wanted: valueText(value),
    found: ({ metadata }) => {
      const given = metadata?.at(filter, keys)
      if (given !== undefined) return `the request has ${JSON.stringify(given)}`
      return ofToken && metadata?.get(filter) === undefined ? 'the request has no valid token' : 'the request has none'
    },
  }
}

function keysOf(path: MetadataMatcher['path']): string[] {
  return path.flatMap(({ segment }) => (segment?.$case === 'key' ? [segment.value] : []))
}

function valueText(value: ValueMatcher | undefined): string {
  const pattern = value?.matchPattern
  switch (pattern?.$case) {
    case 'stringMatch':
      return patternText(pattern.value)
    case 'listMatch':
      return valueText(pattern.value.matchPattern?.value)
    case 'orMatch':
      return [...new Set(pattern.value.valueMatchers.map(valueText))].join(' or ')
    case 'boolMatch':
      return String(pattern.value)
    case 'nullMatch':
      return 'null'
    default:
      return 'a value of a certain kind'
  }
}

const HEADER_FIELDS: Readonly<Record<string, string>> = { ':method': 'methods', ':authority': 'hosts', ':path': 'paths' }

function headerWords({ name, headerMatchSpecifier: specifier }: HeaderMatcher): ConditionWords {
  const wanted = specifier?.$case === 'stringMatch' ? patternText(specifier.value) : '*'
  const field = HEADER_FIELDS[name] ?? `request.headers[${name}]`
  if (name === ':path') return { field, wanted, found: foundPath }
  const found = ({ head }: Subject): string => {
    if (head === undefined) return 'the connection carries no requests'
    if (name === ':method') return quoted(head.method, '')
    if (name === ':authority') return quoted(head.authority, 'the request names no host')
    return head.headers.has(name.toLowerCase()) ? 'the request has another value' : 'the request has none'
  }
  return { field, wanted, found }
}

interface Range {
  readonly addressPrefix: string
  readonly prefixLen: number | undefined
}

function cidrWords(field: string, { addressPrefix, prefixLen }: Range, read: (subject: Subject) => string): ConditionWords {
  return { field, wanted: `${addressPrefix}/${prefixLen ?? 0}`, found: subject => `the address is ${read(subject)}` }
}

function foundPath({ head }: Subject): string {
  return head === undefined ? 'the connection carries no requests' : quoted(pathOnly(head.path), 'the request has no path')
}

function foundPort({ facts }: Subject): string {
  return `the port is ${facts.localPort}`
}

function quoted(value: string, none: string): string {
  return value === '' ? none : `the request has "${value}"`
}

function templateText({ typedConfig }: { readonly typedConfig: Parameters<typeof unpack>[2] }): string {
  const type = 'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'
  const template = unpack(type, UriTemplateMatchConfig, typedConfig)?.pathTemplate ?? ''
  return template.replaceAll('**', '{**}').replaceAll(/(?<!\*)\*(?!\*)/g, '{*}')
}

/** As a policy writes it: "abc", "abc*", "*abc", "*". */
function patternText(matcher: StringMatcher | undefined): string {
  const pattern = matcher?.matchPattern
  switch (pattern?.$case) {
    case 'exact':
      return pattern.value
    case 'prefix':
      return `${pattern.value}*`
    case 'suffix':
      return `*${pattern.value}`
    case 'contains':
      return `*${pattern.value}*`
    case 'safeRegex':
      return fromRegex(pattern.value.regex)
    default:
      return '*'
  }
}

/** Of the simple expressions that wildcards are written as; others stay what they are. */
function fromRegex(regex: string): string {
  return regex.replaceAll(/\.[*+]|\[\^\/\]\*/g, '*').replaceAll(/\\(.)/g, '$1')
}
