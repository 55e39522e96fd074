/** Rules for AuthorizationPolicy: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPolicyTarget } from '../policy-target.ts'
import { isHttpAttribute, parseAttribute } from './attribute.ts'
import type { AuthorizationPolicySpec, Operation, Rule, Source } from './schema.ts'
import { checkCondition, checkOperation, checkSource } from './values.ts'

/** Istio's annotation: the policy is evaluated and counted, and denies nothing. */
export const DRY_RUN = 'istio.io/dry-run'

export function validateAuthorizationPolicy(
  object: ConfigObject<'AuthorizationPolicy', string, AuthorizationPolicySpec>,
  findings: Findings,
): void {
  const { action = 'ALLOW', provider, rules } = object.spec
  const at = findings.at('spec')
  checkPolicyTarget(object.spec, at)
  checkDryRun(object.annotations[DRY_RUN], action, findings.at('metadata', 'annotations', DRY_RUN))
  if (action === 'CUSTOM') {
    if (!provider?.name) at.error('"provider.name" is missing: expected an extensionProvider of the mesh configuration')
  } else if (provider) at.at('provider').error(`it is asked with action CUSTOM only: expected none with ${action}`)
  if ((action === 'DENY' || action === 'CUSTOM') && rules === undefined)
    at.error(`without rules ${action} never matches: expected rules, "- {}" for every request`)
  for (const [index, rule] of (rules ?? []).entries()) checkRule(rule, action === 'CUSTOM', at.at('rules', index))
  if (action === 'DENY' && (rules ?? []).some(asksHttpOnly))
    at.warning(
      'a rule asks for nothing but properties of HTTP requests: on ports that are not HTTP it denies everything; expected operation.ports in it',
    )
}

function checkDryRun(value: string | undefined, action: string, findings: Findings): void {
  if (value === undefined) return
  if (!/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value))
    findings.error(`"${value}" is neither true nor false: expected "true"`)
  else if (action !== 'ALLOW' && action !== 'DENY') findings.error(`${action} has no dry run: expected action ALLOW or DENY`)
}

/** Fields of a source that cannot be used where an external authorizer decides. */
const IDENTITIES = [
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
  'trustDomains',
  'notTrustDomains',
] as const

function checkRule(rule: Rule, custom: boolean, findings: Findings): void {
  if (rule.from?.length === 0) findings.at('from').error('the list is empty: expected at least one source, or no "from" at all')
  if (rule.to?.length === 0) findings.at('to').error('the list is empty: expected at least one operation, or no "to" at all')
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    const at = findings.at('from', index)
    if (!source) {
      at.error('"source" is missing: expected who may ask', { code: 'missing-field' })
      continue
    }
    checkSource(source, at.at('source'))
    if (!custom) continue
    for (const field of IDENTITIES)
      if (source[field])
        at.at('source', field).error(`${field} cannot be used with action CUSTOM: expected ipBlocks or remoteIpBlocks`)
  }
  for (const [index, { operation }] of (rule.to ?? []).entries()) {
    const at = findings.at('to', index)
    if (operation) checkOperation(operation, at.at('operation'))
    else at.error('"operation" is missing: expected what may be done', { code: 'missing-field' })
  }
  for (const [index, condition] of (rule.when ?? []).entries()) checkCondition(condition, custom, findings.at('when', index))
}

const HTTP_FIELDS = new Set<string>([
  'requestPrincipals',
  'notRequestPrincipals',
  'hosts',
  'notHosts',
  'methods',
  'notMethods',
  'paths',
  'notPaths',
] satisfies (keyof Source | keyof Operation)[])

/** Whether nothing is left of a rule on a connection that is not HTTP, so that it matches every one. */
function asksHttpOnly({ from = [], to = [], when = [] }: Rule): boolean {
  const attributes = when.flatMap(({ key }) => parseAttribute(key) ?? [])
  if (attributes.some(attribute => !isHttpAttribute(attribute))) return false
  const parts = [from.map(({ source = {} }) => source), to.map(({ operation = {} }) => operation)].filter(list => list.length > 0)
  if (parts.length === 0) return attributes.length > 0
  return parts.every(list => list.some(part => Object.keys(part).every(field => HTTP_FIELDS.has(field))))
}
