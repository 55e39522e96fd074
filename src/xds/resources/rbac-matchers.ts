/** One value of one attribute as Envoy's RBAC matchers. */
import type { AccessAttribute } from '../../model/access-policy.ts'
import { type TrustDomains, withTrustDomains } from '../../model/identity.ts'
import { Permission, Principal } from '../gen/envoy/config/rbac/v3/rbac.ts'
import { HeaderMatcher } from '../gen/envoy/config/route/v3/route_components.ts'
import { UriTemplateMatchConfig } from '../gen/envoy/extensions/path/match/uri_template/v3/uri_template_match.ts'
import { StringMatcher } from '../gen/envoy/type/matcher/v3/string.ts'
import type { ValueMatcher } from '../gen/envoy/type/matcher/v3/value.ts'
import { pack } from '../wire/any.ts'
import { claim, listOrText, metadata, text } from './claims.ts'
import { cidrRange } from './values.ts'

/** @param grpc for a gRPC application: it has no matcher for templates of paths, and lets a rule with one pass */
export function permissionsFor(attribute: AccessAttribute, value: string, grpc = false): Permission[] {
  switch (attribute.kind) {
    case 'host':
      return [{ rule: { $case: 'header', value: header(':authority', value, true) } }]
    case 'method':
      return [{ rule: { $case: 'header', value: header(':method', value, false) } }]
    case 'path':
      return [path(value, grpc)]
    case 'destination-port':
      return [{ rule: { $case: 'destinationPort', value: Number(value) } }]
    case 'destination-ip':
      return [{ rule: { $case: 'destinationIp', value: cidrRange(value) } }]
    case 'sni':
      return [{ rule: { $case: 'requestedServerName', value: pattern(value) } }]
    case 'metadata':
      return [{ rule: { $case: 'metadata', value: metadata(attribute.filter, attribute.path, filterValue(value)) } }]
    default:
      throw new Error(`Cannot make a permission of "${attribute.kind}": expected an attribute of the operation`)
  }
}

export function principalsFor(attribute: AccessAttribute, value: string, trust: TrustDomains): Principal[] {
  switch (attribute.kind) {
    case 'principal':
      return withTrustDomains(value, trust).map(principal => authenticated(identity(principal)))
    case 'namespace':
      return [authenticated(regex(`.*/ns/${value.split('*').map(escaped).join('.*')}/.*`))]
    case 'service-account': {
      const [namespace = '', account = ''] = value.split('/')
      return [authenticated(regex(`spiffe://.+/ns/${escaped(namespace)}/(.+/|)sa/${escaped(account)}(/.+)?`))]
    }
    case 'trust-domain':
      return [authenticated(value === '*' ? ANYTHING : regex(`spiffe://${value.split('*').map(escaped).join('[^/]*')}/.*`))]
    case 'request-principal':
      return [requestPrincipal(value)]
    case 'claim':
      return [{ identifier: { $case: 'metadata', value: claim(attribute.path, listOrText(pattern(value))) } }]
    case 'source-ip':
      return [{ identifier: { $case: 'directRemoteIp', value: cidrRange(value) } }]
    case 'remote-ip':
      return [{ identifier: { $case: 'remoteIp', value: cidrRange(value) } }]
    case 'header':
      return [{ identifier: { $case: 'header', value: header(attribute.name, value, false) } }]
    default:
      throw new Error(`Cannot make a principal of "${attribute.kind}": expected an attribute of the client`)
  }
}

const ANYTHING = regex('.+')

function regex(expression: string): StringMatcher {
  return StringMatcher.fromPartial({ matchPattern: { $case: 'safeRegex', value: { regex: expression } } })
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

/** "abc", "abc*", "*abc" or "*": anything but nothing. */
function pattern(value: string, ignoreCase = false): StringMatcher {
  if (value === '*') return ANYTHING
  const matchPattern = value.startsWith('*')
    ? ({ $case: 'suffix', value: value.slice(1) } as const)
    : value.endsWith('*')
      ? ({ $case: 'prefix', value: value.slice(0, -1) } as const)
      : ({ $case: 'exact', value } as const)
  return StringMatcher.fromPartial({ matchPattern, ignoreCase })
}

/** The same for the name in a certificate, which has "spiffe://" before it. */
function identity(principal: string): StringMatcher {
  if (principal === '*') return ANYTHING
  if (principal.startsWith('*')) return regex(`spiffe://.*${escaped(principal.slice(1))}`)
  return pattern(`spiffe://${principal}`)
}

function authenticated(principalName: StringMatcher): Principal {
  return Principal.fromPartial({ identifier: { $case: 'authenticated', value: { principalName } } })
}

function header(name: string, value: string, ignoreCase: boolean): HeaderMatcher {
  return HeaderMatcher.fromPartial({
    name,
    headerMatchSpecifier:
      value === '*' ? { $case: 'presentMatch', value: true } : { $case: 'stringMatch', value: pattern(value, ignoreCase) },
  })
}

function path(value: string, grpc: boolean): Permission {
  const urlPath = (matcher: StringMatcher) =>
    Permission.fromPartial({ rule: { $case: 'urlPath', value: { rule: { $case: 'path', value: matcher } } } })
  if (!value.includes('{*}') && !value.includes('{**}')) return urlPath(pattern(value))
  if (grpc) return urlPath(templateRegex(value))
  const pathTemplate = value.replaceAll('{**}', '**').replaceAll('{*}', '*')
  const type = 'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'
  const typedConfig = pack(type, UriTemplateMatchConfig, { pathTemplate })
  return { rule: { $case: 'uriTemplate', value: { name: 'uri-template', typedConfig } } }
}

/** "{*}" is one part of a path, "{**}" any number of them. */
function templateRegex(value: string): StringMatcher {
  const parts = value.split(/(\{\*{1,2}\})/).map(part => (part === '{*}' ? '[^/]+' : part === '{**}' ? '.*' : escaped(part)))
  return regex(parts.join(''))
}

/** Values that filters leave: "[abc]" asks for a list with "abc" in it. */
function filterValue(value: string): ValueMatcher {
  if (!value.startsWith('[') || !value.endsWith(']')) return text(pattern(value))
  const oneOf = text(pattern(value.slice(1, -1)))
  return { matchPattern: { $case: 'listMatch', value: { matchPattern: { $case: 'oneOf', value: oneOf } } } }
}

/** "issuer/subject"; issuers are URLs mostly, so that the last "/" divides. */
function requestPrincipal(value: string): Principal {
  const [issuer, subject] = issuerAndSubject(value)
  const ids = [
    { identifier: { $case: 'metadata', value: claim(['iss'], text(issuer)) } } as const,
    { identifier: { $case: 'metadata', value: claim(['sub'], text(subject)) } } as const,
  ]
  return { identifier: { $case: 'andIds', value: { ids } } }
}

function issuerAndSubject(value: string): readonly [issuer: StringMatcher, subject: StringMatcher] {
  const slash = value.lastIndexOf('/')
  if (value === '*') return [ANYTHING, ANYTHING]
  if (slash > 0) return [pattern(value.slice(0, slash)), pattern(value.slice(slash + 1))]
  if (value.startsWith('*')) return [ANYTHING, pattern(value)]
  if (value.endsWith('*')) return [pattern(value), ANYTHING]
  return [pattern(value), pattern('')]
}
