/**
 * The RBAC filters of a connection manager or of a port for bytes: one for each action that has policies, in the order in which they are
 * asked: audit, deny, allow. Without any policy that allows, everything is allowed that is not denied.
 */
import type { AccessAction, AccessPolicy } from '../../model/access-policy.ts'
import { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { RBAC_Action as Action, type Policy, type RBAC as Rules } from '../gen/envoy/config/rbac/v3/rbac.ts'
import { RBAC } from '../gen/envoy/extensions/filters/http/rbac/v3/rbac.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { RBAC as NetworkRbac } from '../gen/envoy/extensions/filters/network/rbac/v3/rbac.ts'
import { pack } from '../wire/any.ts'
import { type RuleContext, rbacPolicies } from './rbac-rules.ts'

const ACTIONS = [
  ['audit', Action.LOG],
  ['deny', Action.DENY],
  ['allow', Action.ALLOW],
] as const satisfies readonly (readonly [AccessAction, Action])[]

export const HTTP_RBAC = 'envoy.filters.http.rbac'
export const NETWORK_RBAC = 'envoy.filters.network.rbac'

/** What the two kinds of filter have in common. */
export interface RbacParts {
  readonly rules: Rules | undefined
  readonly shadowRules: Rules | undefined
  readonly shadowRulesStatPrefix: string
}

export function rbacParts(policies: readonly AccessPolicy[], context: RuleContext): RbacParts[] {
  return ACTIONS.flatMap(([kind, action]) => {
    const mine = policies.filter(policy => policy.action === kind)
    if (mine.length === 0) return []
    const enforced = mine.filter(policy => !policy.dryRun)
    const dry = mine.filter(policy => policy.dryRun)
    const shadowRulesStatPrefix = `istio_dry_run_${dry.length > 0 && kind === 'deny' ? 'deny' : 'allow'}_`
    return [
      {
        rules: enforced.length > 0 ? rules(action, rbacPolicies(enforced, context)) : undefined,
        shadowRules: dry.length > 0 ? rules(action, rbacPolicies(dry, context)) : undefined,
        shadowRulesStatPrefix,
      },
    ]
  })
}

export function rules(action: Action, policies: Record<string, Policy>): Rules {
  return { action, policies, auditLoggingOptions: undefined }
}

export function httpRbac(parts: RbacParts): HttpFilter {
  const value = pack('envoy.extensions.filters.http.rbac.v3.RBAC', RBAC, RBAC.fromPartial(parts))
  return HttpFilter.fromPartial({ name: HTTP_RBAC, configType: { $case: 'typedConfig', value } })
}

export function networkRbac(parts: RbacParts): Filter {
  const message = NetworkRbac.fromPartial({ ...parts, statPrefix: 'tcp.' })
  const value = pack('envoy.extensions.filters.network.rbac.v3.RBAC', NetworkRbac, message)
  return Filter.fromPartial({ name: NETWORK_RBAC, configType: { $case: 'typedConfig', value } })
}
