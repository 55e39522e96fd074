/** AuthorizationPolicies (security.istio.io): sources, operations and conditions become requirements of one form. */
import { type Attribute, parseAttribute } from '../api/istio/authorizationpolicy/attribute.ts'
import type { Condition, Operation, Rule, Source } from '../api/istio/authorizationpolicy/schema.ts'
import { DRY_RUN } from '../api/istio/authorizationpolicy/validate.ts'
import type { Path } from '../api/object.ts'
import type { AuthorizationPolicy } from '../api/registry.ts'
import type { AccessAction, AccessAttribute, AccessPolicy, AccessRule, Requirement } from '../model/access-policy.ts'
import { originOf } from './origin.ts'
import { compileTarget } from './policy-target.ts'

const ACTIONS: Readonly<Record<string, AccessAction>> = { DENY: 'deny', AUDIT: 'audit', CUSTOM: 'custom' }

export function compileAuthorizationPolicy(object: AuthorizationPolicy): AccessPolicy {
  const { spec, annotations } = object
  return {
    ...compileTarget(object, spec),
    name: object.name,
    action: ACTIONS[spec.action ?? 'ALLOW'] ?? 'allow',
    provider: spec.provider?.name ?? '',
    dryRun: /^(?:1|t)/i.test(annotations[DRY_RUN] ?? ''),
    rules: (spec.rules ?? []).map((rule, index) => compileRule(object, rule, ['spec', 'rules', index])),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

function compileRule(object: AuthorizationPolicy, rule: Rule, path: Path): AccessRule {
  return {
    from: (rule.from ?? []).map(({ source = {} }, i) => compileSource(object, source, [...path, 'from', i, 'source'])),
    to: (rule.to ?? []).map(({ operation = {} }, i) => compileOperation(object, operation, [...path, 'to', i, 'operation'])),
    when: (rule.when ?? []).flatMap((condition, i) => compileCondition(object, condition, [...path, 'when', i])),
    origin: originOf(object, path),
  }
}

type SourceField = Exclude<keyof Source, `not${string}`>
type OperationField = Exclude<keyof Operation, `not${string}`>

/** Each field of a source with its opposite, in the order in which they are evaluated. */
const SOURCE: Readonly<Record<SourceField, AccessAttribute>> = {
  principals: { kind: 'principal' },
  serviceAccounts: { kind: 'service-account' },
  requestPrincipals: { kind: 'request-principal' },
  namespaces: { kind: 'namespace' },
  trustDomains: { kind: 'trust-domain' },
  remoteIpBlocks: { kind: 'remote-ip' },
  ipBlocks: { kind: 'source-ip' },
}
const OPERATION: Readonly<Record<OperationField, AccessAttribute>> = {
  hosts: { kind: 'host' },
  methods: { kind: 'method' },
  paths: { kind: 'path' },
  ports: { kind: 'destination-port' },
}

function compileSource(object: AuthorizationPolicy, source: Source, path: Path): Requirement[] {
  return fields(object, SOURCE, source, path)
}

function compileOperation(object: AuthorizationPolicy, operation: Operation, path: Path): Requirement[] {
  return fields(object, OPERATION, operation, path)
}

function fields(
  object: AuthorizationPolicy,
  table: Readonly<Record<string, AccessAttribute>>,
  message: object,
  path: Path,
): Requirement[] {
  const given = new Map<string, readonly string[] | undefined>(Object.entries(message))
  return Object.entries(table).flatMap(([field, attribute]) => {
    const opposite = `not${field[0]?.toUpperCase()}${field.slice(1)}`
    const [values = [], notValues = []] = [given.get(field), given.get(opposite)]
    if (values.length === 0 && notValues.length === 0) return []
    const name = values.length > 0 ? field : opposite
    return [requirement(object, attribute, { values, notValues }, name, [...path, name])]
  })
}

function compileCondition(object: AuthorizationPolicy, condition: Condition, path: Path): Requirement[] {
  const { key, values = [], notValues = [] } = condition
  const attribute = parseAttribute(key)
  return attribute ? [requirement(object, accessAttribute(attribute), { values, notValues }, key, path)] : []
}

function requirement(
  object: AuthorizationPolicy,
  attribute: AccessAttribute,
  { values, notValues }: Pick<Requirement, 'values' | 'notValues'>,
  field: string,
  path: Path,
): Requirement {
  const whole = (list: readonly string[]) =>
    attribute.kind === 'service-account'
      ? list.map(account => (account.includes('/') ? account : `${object.namespace}/${account}`))
      : list
  return { attribute, values: whole(values), notValues: whole(notValues), field, origin: originOf(object, path) }
}

function accessAttribute(attribute: Attribute): AccessAttribute {
  switch (attribute.kind) {
    case 'source.ip':
      return { kind: 'source-ip' }
    case 'remote.ip':
      return { kind: 'remote-ip' }
    case 'source.namespace':
      return { kind: 'namespace' }
    case 'source.serviceAccount':
      return { kind: 'service-account' }
    case 'source.principal':
      return { kind: 'principal' }
    case 'source.trustDomain':
      return { kind: 'trust-domain' }
    case 'request.auth.principal':
      return { kind: 'request-principal' }
    case 'request.auth.audiences':
      return { kind: 'claim', path: ['aud'] }
    case 'request.auth.presenter':
      return { kind: 'claim', path: ['azp'] }
    case 'request.auth.claims':
      return { kind: 'claim', path: attribute.path }
    case 'request.headers':
      return { kind: 'header', name: attribute.name }
    case 'destination.ip':
      return { kind: 'destination-ip' }
    case 'destination.port':
      return { kind: 'destination-port' }
    case 'connection.sni':
      return { kind: 'sni' }
    case 'metadata':
      return attribute
  }
}
