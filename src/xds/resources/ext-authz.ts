/**
 * Policies of action CUSTOM: an external authorizer is asked about the requests that they match. Envoy's ext_authz filter has no conditions
 * of its own, so an RBAC filter before it evaluates the rules without enforcing them and leaves the name of the rule that matched.
 */
import type { AccessPolicy } from '../../model/access-policy.ts'
import type { ExtAuthzHttp } from '../../model/ext-authz.ts'
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source.ts'
import { GrpcService } from '../gen/envoy/config/core/v3/grpc_service.ts'
import { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { RBAC_Action as Action } from '../gen/envoy/config/rbac/v3/rbac.ts'
import { ExtAuthz } from '../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz.ts'
import { ExtAuthz as NetworkExtAuthz } from '../gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import type { MetadataMatcher } from '../gen/envoy/type/matcher/v3/metadata.ts'
import type { ListStringMatcher, StringMatcher } from '../gen/envoy/type/matcher/v3/string.ts'
import { StatusCode } from '../gen/envoy/type/v3/http_status.ts'
import { pack } from '../wire/any.ts'
import { outboundCluster } from './names.ts'
import { HTTP_RBAC, httpRbac, NETWORK_RBAC, networkRbac, type RbacParts, rules } from './rbac.ts'
import { type RuleContext, rbacPolicies } from './rbac-rules.ts'
import type { Authorizer, Security } from './security.ts'
import { duration } from './values.ts'

export const HTTP_EXT_AUTHZ = 'envoy.filters.http.ext_authz'
const STAT_PREFIX = 'istio_ext_authz_'
const RULE_PREFIX = 'istio-ext-authz-'
const MATCHED = `${STAT_PREFIX}shadow_effective_policy_id`

/** Behind the name of a rule that denies because its authorizer cannot be asked. Istio's. */
export const NOBODY_TO_ASK = '-deny-due-to-bad-CUSTOM-action'

/** Istio's default. */
const TIMEOUT_MS = 600_000

export function httpExtAuthz(security: Security, context: RuleContext): HttpFilter[] {
  const custom = chosen(security)
  if (custom.policies.length === 0) return []
  if (!custom.authorizer) return [httpRbac(refusing(custom.policies, context))]
  const { provider } = custom.authorizer
  const message = ExtAuthz.fromPartial({
    services: service(custom.authorizer),
    transportApiVersion: ApiVersion.V3,
    failureModeAllow: provider.failOpen,
    withRequestBody: provider.body && {
      maxRequestBytes: provider.body.maxBytes,
      allowPartialMessage: provider.body.allowPartial,
      packAsBytes: provider.body.asBytes,
    },
    clearRouteCache: provider.clearRouteCache,
    statusOnError: provider.statusOnError === undefined ? undefined : { code: httpStatus(provider.statusOnError) },
    allowedHeaders: provider.http && names(provider.http.includeHeaders),
    filterEnabledMetadata: matched(HTTP_RBAC, provider.name),
  })
  const value = pack('envoy.extensions.filters.http.ext_authz.v3.ExtAuthz', ExtAuthz, message)
  return [
    httpRbac(watching(custom.policies, provider.name, context)),
    HttpFilter.fromPartial({ name: HTTP_EXT_AUTHZ, configType: { $case: 'typedConfig', value } }),
  ]
}

/** An authorizer that speaks HTTP cannot be asked about connections: these are not its business. */
export function networkExtAuthz(security: Security, context: RuleContext): Filter[] {
  const custom = chosen(security)
  if (custom.policies.length === 0) return []
  if (!custom.authorizer) return [networkRbac(refusing(custom.policies, context))]
  const { provider } = custom.authorizer
  if (provider.http) return []
  const message = NetworkExtAuthz.fromPartial({
    statPrefix: 'tcp.',
    grpcService: grpc(custom.authorizer),
    failureModeAllow: provider.failOpen,
    transportApiVersion: ApiVersion.V3,
    filterEnabledMetadata: matched(NETWORK_RBAC, provider.name),
  })
  const value = pack('envoy.extensions.filters.network.ext_authz.v3.ExtAuthz', NetworkExtAuthz, message)
  return [
    networkRbac(watching(custom.policies, provider.name, context)),
    Filter.fromPartial({ name: 'envoy.filters.network.ext_authz', configType: { $case: 'typedConfig', value } }),
  ]
}

interface Chosen {
  readonly policies: readonly AccessPolicy[]
  /** undefined: there is no such authorizer, or the policies name several. */
  readonly authorizer: Authorizer | undefined
}

function chosen({ access, authorizers }: Security): Chosen {
  const policies = access.filter(policy => policy.action === 'custom')
  const [name = '', ...others] = new Set(policies.map(policy => policy.provider))
  return { policies, authorizer: others.length > 0 ? undefined : authorizers.get(name) }
}

/** What nobody can be asked about is refused. */
function refusing(policies: readonly AccessPolicy[], context: RuleContext): RbacParts {
  const named = Object.entries(rbacPolicies(policies, context)).map(
    ([name, policy]) => [`${name}${NOBODY_TO_ASK}`, policy] as const,
  )
  const own = rules(Action.DENY, Object.fromEntries(named))
  return { rules: own, shadowRules: undefined, shadowRulesStatPrefix: STAT_PREFIX }
}

function watching(policies: readonly AccessPolicy[], provider: string, context: RuleContext): RbacParts {
  const shadowRules = rules(Action.DENY, rbacPolicies(policies, context, `${RULE_PREFIX}${provider}-`))
  return { rules: undefined, shadowRules, shadowRulesStatPrefix: STAT_PREFIX }
}

function matched(filter: string, provider: string): MetadataMatcher {
  const value = prefix(`${RULE_PREFIX}${provider}`)
  return {
    filter,
    path: [{ segment: { $case: 'key', value: MATCHED } }],
    value: { matchPattern: { $case: 'stringMatch', value } },
    invert: false,
  }
}

/** Envoy knows the registered ones; another one is a refusal like any other. */
function httpStatus(code: number): StatusCode {
  return Object.values(StatusCode).find(known => known === code) ?? StatusCode.Forbidden
}

function service(authorizer: Authorizer): ExtAuthz['services'] {
  const { provider } = authorizer
  if (!provider.http) return { $case: 'grpcService', value: grpc(authorizer) }
  const { http } = provider
  const { services } = ExtAuthz.fromPartial({
    services: {
      $case: 'httpService',
      value: {
        serverUri: {
          uri: `http://${authorizer.service.hostname}:${provider.port}`,
          httpUpstreamType: { $case: 'cluster', value: clusterOf(authorizer) },
          timeout: duration(provider.timeoutMs ?? TIMEOUT_MS),
        },
        pathPrefix: http.pathPrefix,
        authorizationRequest: { headersToAdd: http.addedHeaders.map(({ name, value }) => ({ key: name, value })) },
        authorizationResponse: responseHeaders(http),
      },
    },
  })
  return services
}

function responseHeaders(http: ExtAuthzHttp) {
  return {
    allowedUpstreamHeaders: names(http.headersToUpstream),
    allowedClientHeaders: names(http.headersToDownstreamOnDeny),
    allowedClientHeadersOnSuccess: names(http.headersToDownstreamOnAllow),
  }
}

function grpc(authorizer: Authorizer): GrpcService {
  const { provider, service } = authorizer
  return GrpcService.fromPartial({
    targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: clusterOf(authorizer), authority: service.hostname } },
    timeout: duration(provider.timeoutMs ?? TIMEOUT_MS),
  })
}

function clusterOf({ provider, service }: Authorizer): string {
  return outboundCluster(provider.port, '', service.hostname)
}

/** Names of headers, with "*" at one end. @returns undefined: none are named, the data plane's default holds */
function names(list: readonly string[]): ListStringMatcher | undefined {
  if (list.length === 0) return undefined
  return { patterns: list.map(headerName) }
}

function headerName(name: string): StringMatcher {
  if (name === '*')
    return { matchPattern: { $case: 'safeRegex', value: { engineType: undefined, regex: '.+' } }, ignoreCase: false }
  if (name.startsWith('*')) return { matchPattern: { $case: 'suffix', value: name.slice(1) }, ignoreCase: true }
  if (name.endsWith('*')) return { ...prefix(name.slice(0, -1)), ignoreCase: true }
  return { matchPattern: { $case: 'exact', value: name }, ignoreCase: true }
}

function prefix(value: string): StringMatcher {
  return { matchPattern: { $case: 'prefix', value }, ignoreCase: false }
}
