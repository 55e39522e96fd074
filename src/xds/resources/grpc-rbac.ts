/**
 * Access policies as filters of a gRPC server without a proxy. It knows ALLOW and DENY. What it cannot do leaves nothing open: where an
 * external authorizer would have to be asked, nobody gets in.
 */
import type { AccessPolicy } from '../../model/access-policy.ts'
import { RBAC_Action as Action } from '../gen/envoy/config/rbac/v3/rbac.ts'
import type { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { HTTP_RBAC, httpRbac, rules } from './rbac.ts'
import { type ListeningPort, rbacPolicies } from './rbac-rules.ts'
import type { Security } from './security.ts'

/** In the order in which they are asked. Each has a name of its own: libraries refuse a chain with two of one name. */
const FILTERS = [
  ['custom', Action.DENY],
  ['deny', Action.DENY],
  ['allow', Action.ALLOW],
] as const satisfies readonly (readonly [AccessPolicy['action'], Action])[]

export function grpcAccessFilters({ access, settings }: Security, port: ListeningPort): HttpFilter[] {
  const context = { trust: settings, http: true, grpc: true, port }
  return FILTERS.flatMap(([kind, action]) => {
    const mine = access.filter(policy => policy.action === kind && !policy.dryRun)
    if (mine.length === 0) return []
    const filter = httpRbac({
      rules: rules(action, rbacPolicies(mine, context)),
      shadowRules: undefined,
      shadowRulesStatPrefix: '',
    })
    return [{ ...filter, name: `${HTTP_RBAC}.${kind}` }]
  })
}
