/** Envoy's permissions and principals (envoy.config.rbac.v3) as functions, made when configuration arrives. */
import { Cidr } from '../../../lib/cidr.ts'
import type { CidrRange } from '../../../xds/gen/envoy/config/core/v3/address.ts'
import type { Permission, Principal } from '../../../xds/gen/envoy/config/rbac/v3/rbac.ts'
import type { HeaderMatcher } from '../../../xds/gen/envoy/config/route/v3/route_components.ts'
import { UriTemplateMatchConfig } from '../../../xds/gen/envoy/extensions/path/match/uri_template/v3/uri_template_match.ts'
import type { PathMatcher } from '../../../xds/gen/envoy/type/matcher/v3/path.ts'
import { unpack } from '../../../xds/wire/any.ts'
import { compileMetadataMatcher } from '../../metadata/matcher.ts'
import { compileRequestHeaderMatcher } from '../../route/header-match.ts'
import { pathOnly } from '../../route/request-field.ts'
import { compileStringMatcher } from '../../route/string-match.ts'
import { compilePathTemplate } from './path-template.ts'
import type { Subject, SubjectTest } from './subject.ts'

/** @throws on a kind of permission that this proxy does not have */
export function compilePermission({ rule }: Permission): SubjectTest {
  switch (rule?.$case) {
    case undefined:
      throw new Error('a permission has no rule')
    case 'any':
      return always
    case 'andRules':
      return all(rule.value.rules.map(compilePermission))
    case 'orRules':
      return any(rule.value.rules.map(compilePermission))
    case 'notRule':
      return not(compilePermission(rule.value))
    case 'header':
      return header(rule.value)
    case 'urlPath':
      return path(rule.value)
    case 'uriTemplate': {
      const type = 'envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig'
      const config = unpack(type, UriTemplateMatchConfig, rule.value.typedConfig)
      if (!config) throw new Error(`a permission's uri_template is not of type ${type}`)
      const matches = compilePathTemplate(config.pathTemplate)
      return ({ head }) => head !== undefined && matches(pathOnly(head.path))
    }
    case 'destinationIp':
      return address(rule.value, ({ facts }) => facts.localAddress)
    case 'destinationPort': {
      const port = rule.value
      return ({ facts }) => facts.localPort === port
    }
    case 'destinationPortRange': {
      const { start, end } = rule.value
      return ({ facts }) => facts.localPort >= start && facts.localPort < end
    }
    case 'metadata': {
      const matches = compileMetadataMatcher(rule.value)
      return ({ metadata }) => matches(metadata)
    }
    case 'requestedServerName': {
      const matches = compileStringMatcher(rule.value)
      return ({ facts }) => matches(facts.serverName)
    }
    case 'matcher':
      throw new Error(`permissions of kind "${rule.$case}" are not supported`)
  }
}

/** @throws on a kind of principal that this proxy does not have */
export function compilePrincipal({ identifier }: Principal): SubjectTest {
  switch (identifier?.$case) {
    case undefined:
      throw new Error('a principal has no identifier')
    case 'any':
      return always
    case 'andIds':
      return all(identifier.value.ids.map(compilePrincipal))
    case 'orIds':
      return any(identifier.value.ids.map(compilePrincipal))
    case 'notId':
      return not(compilePrincipal(identifier.value))
    case 'authenticated': {
      const { principalName } = identifier.value
      if (!principalName) return ({ principals }) => principals !== undefined
      const matches = compileStringMatcher(principalName)
      return ({ principals }) => principals?.some(matches) ?? false
    }
    case 'sourceIp': // of the two that Envoy means by its old name, the one it means now
    case 'directRemoteIp':
      return address(identifier.value, ({ facts }) => facts.remoteAddress)
    case 'remoteIp':
      return address(identifier.value, ({ remoteAddress }) => remoteAddress)
    case 'header':
      return header(identifier.value)
    case 'urlPath':
      return path(identifier.value)
    case 'metadata': {
      const matches = compileMetadataMatcher(identifier.value)
      return ({ metadata }) => matches(metadata)
    }
    case 'filterState':
      throw new Error(`principals of kind "${identifier.$case}" are not supported`)
  }
}

const always: SubjectTest = () => true

function all(tests: readonly SubjectTest[]): SubjectTest {
  const [only] = tests
  if (only !== undefined && tests.length === 1) return only
  return subject => {
    for (const test of tests) if (!test(subject)) return false
    return true
  }
}

export function any(tests: readonly SubjectTest[]): SubjectTest {
  const [only] = tests
  if (only !== undefined && tests.length === 1) return only
  return subject => {
    for (const test of tests) if (test(subject)) return true
    return false
  }
}

function not(test: SubjectTest): SubjectTest {
  return subject => !test(subject)
}

/** On a connection of bytes no header is there. */
function header(matcher: HeaderMatcher): SubjectTest {
  const matches = compileRequestHeaderMatcher(matcher)
  return ({ head }) => head !== undefined && matches(head)
}

function path({ rule }: PathMatcher): SubjectTest {
  const matches = compileStringMatcher(rule?.value)
  return ({ head }) => head !== undefined && matches(pathOnly(head.path))
}

function address({ addressPrefix, prefixLen }: CidrRange, read: (subject: Subject) => string): SubjectTest {
  const range = new Cidr(addressPrefix, prefixLen ?? 0)
  return subject => range.contains(read(subject))
}
