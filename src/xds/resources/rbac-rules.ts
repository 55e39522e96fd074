/**
 * Access rules as Envoy's RBAC policies. What a rule asks of the operation and the connection's destination becomes permissions, what it
 * asks of who is asking becomes principals; both must hold.
 */
import {
  type AccessAttribute,
  type AccessPolicy,
  type AccessRule,
  isOfHttp,
  type Requirement,
  ruleName,
} from '../../model/access-policy.ts'
import type { TrustDomains } from '../../model/identity.ts'
import type { Permission, Policy, Principal } from '../gen/envoy/config/rbac/v3/rbac.ts'
import { isUnknownToGrpc } from './grpc-attributes.ts'
import { permissionsFor, principalsFor } from './rbac-matchers.ts'

export interface RuleContext {
  readonly trust: TrustDomains
  /** The connection carries requests; otherwise nothing is known but the connection itself. */
  readonly http: boolean
  /** Without redirection connections arrive at another port than the one that policies speak of. */
  readonly port?: ListeningPort | undefined
  /** The rules are for a gRPC application, which knows fewer attributes. @default false */
  readonly grpc?: boolean
}

export interface ListeningPort {
  /** Of the workload, as policies name it. */
  readonly target: number
  readonly listens: number
}

/** By the names of the rules. @param prefix of the names */
export function rbacPolicies(policies: readonly AccessPolicy[], context: RuleContext, prefix = ''): Record<string, Policy> {
  const made: Record<string, Policy> = {}
  for (const policy of policies) {
    if (policy.rules.length === 0) made[`${prefix}${ruleName(policy, 0)}`] = NEVER
    for (const [index, rule] of policy.rules.entries()) {
      const part = asked(rule, policy, context)
      if (part) made[`${prefix}${ruleName(policy, index)}`] = policyOf(part, context)
    }
  }
  return made
}

const anyPermission: Permission = { rule: { $case: 'any', value: true } }
const anyPrincipal: Principal = { identifier: { $case: 'any', value: true } }

const NEVER: Policy = policyMessage(
  [{ rule: { $case: 'notRule', value: anyPermission } }],
  [{ identifier: { $case: 'notId', value: anyPrincipal } }],
)

function policyMessage(permissions: Permission[], principals: Principal[]): Policy {
  return { permissions, principals, condition: undefined, checkedCondition: undefined }
}

/**
 * A rule where not all can be asked: there are no requests, or who asks knows no tokens. To allow, all of it would have to hold, which cannot
 * be: it is left out. To deny, what can be asked is enough: better a connection too few than one too many.
 */
function asked(rule: AccessRule, { action }: AccessPolicy, { http, grpc }: RuleContext): AccessRule | undefined {
  const isUnknown = grpc ? isUnknownToGrpc : http ? undefined : isOfHttp
  const lists = [...rule.from, ...rule.to, rule.when]
  if (!isUnknown || !lists.some(list => list.some(({ attribute }) => isUnknown(attribute)))) return rule
  if (action === 'allow') return undefined
  const kept = (list: readonly Requirement[]) => list.filter(({ attribute }) => !isUnknown(attribute))
  return { ...rule, from: rule.from.map(kept), to: rule.to.map(kept), when: kept(rule.when) }
}

function policyOf({ from, to, when }: AccessRule, context: RuleContext): Policy {
  const ofOperation = when.filter(({ attribute }) => isOfOperation(attribute))
  const ofClient = when.filter(({ attribute }) => !isOfOperation(attribute))
  const permissions = (to.length > 0 ? to : [[]]).map(operation => allPermissions([...operation, ...ofOperation], context))
  const principals = (from.length > 0 ? from : [[]]).map(source => allPrincipals([...source, ...ofClient], context.trust))
  return policyMessage(permissions, principals)
}

function isOfOperation({ kind }: AccessAttribute): boolean {
  return kind === 'destination-ip' || kind === 'destination-port' || kind === 'sni' || kind === 'metadata'
}

function allPermissions(requirements: readonly Requirement[], { port, grpc }: RuleContext): Permission {
  const rules = requirements.flatMap(({ attribute, values, notValues }) => {
    const some = (list: readonly string[]): Permission => {
      const options = list.flatMap(value =>
        permissionsFor(attribute, attribute.kind === 'destination-port' ? arrival(value, port) : value, grpc),
      )
      return { rule: { $case: 'orRules', value: { rules: options } } }
    }
    return [
      ...(values.length > 0 ? [some(values)] : []),
      ...(notValues.length > 0 ? [{ rule: { $case: 'notRule', value: some(notValues) } } as const] : []),
    ]
  })
  return { rule: { $case: 'andRules', value: { rules: rules.length > 0 ? rules : [anyPermission] } } }
}

/** The port that a connection for this one arrives at. */
function arrival(value: string, port: ListeningPort | undefined): string {
  if (port === undefined) return value
  if (value === String(port.target)) return String(port.listens)
  return value === String(port.listens) ? '0' : value
}

function allPrincipals(requirements: readonly Requirement[], trust: TrustDomains): Principal {
  const ids = requirements.flatMap(({ attribute, values, notValues }) => {
    const some = (list: readonly string[]): Principal => {
      const options = list.flatMap(value => principalsFor(attribute, value, trust))
      return { identifier: { $case: 'orIds', value: { ids: options } } }
    }
    return [
      ...(values.length > 0 ? [some(values)] : []),
      ...(notValues.length > 0 ? [{ identifier: { $case: 'notId', value: some(notValues) } } as const] : []),
    ]
  })
  return { identifier: { $case: 'andIds', value: { ids: ids.length > 0 ? ids : [anyPrincipal] } } }
}
