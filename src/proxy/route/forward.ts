/**
 * envoy.config.route.v3.RouteAction: forwarding to a cluster, to one of several by weight, or to the one that a header names. All that
 * does not depend on the request is computed when the configuration arrives: for most routes the decision is one ready object.
 */
import { toByteText } from '../../lib/byte-text.ts'
import { RoutingPriority } from '../../xds/gen/envoy/config/core/v3/base.ts'
import {
  RouteAction_ClusterNotFoundResponseCode as NotFound,
  type RouteAction,
  type WeightedCluster_ClusterWeight,
} from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import { type Labels, lbLabels } from '../balance/labels.ts'
import { compileDescriptors, type DescriptorRule } from '../filters/rate-limit/descriptors.ts'
import type { RequestHead } from '../http/stream.ts'
import type { ForwardAction, ForwardChoice, Mirror, RetryPolicy } from './decision.ts'
import { compileFilterOverrides, type FilterOverrides, overlay } from './filter-overrides.ts'
import { compileHashPolicy } from './hash-policy.ts'
import { compileHeaderMutation, type HeaderMutation } from './header-mutation.ts'
import { compileInternalRedirects } from './internal-redirect.ts'
import { compileMirrors } from './mirrors.ts'
import { firstFieldReader } from './request-field.ts'
import { compileRetryPolicy } from './retry-policy.ts'
import { compileHostRewrite, compilePathRewrite } from './rewrite.ts'
import type { PathCriterion } from './route-match.ts'
import { compileTimeouts } from './timeouts.ts'
import { compileUpgrades } from './upgrades.ts'
import { compileWeights } from './weights.ts'

/** What the levels above give to a route's action. */
export interface ActionScope {
  readonly matched: PathCriterion
  readonly filterConfigs: FilterOverrides
  /** The mutations of all levels; a weighted cluster's own join in. */
  readonly requestHeaders: (cluster: HeaderMutation | undefined) => HeaderMutation | undefined
  readonly responseHeaders: (cluster: HeaderMutation | undefined) => HeaderMutation | undefined
  readonly retry: RetryPolicy | undefined
  readonly mirrors: readonly Mirror[]
  /** The virtual host's; a route's own take their place unless both are asked for. */
  readonly rateLimits: readonly DescriptorRule[]
  readonly includeAttemptCount: boolean
  readonly includeAttemptCountInResponse: boolean
}

/**
 * @returns the action itself when it is the same for every request, else how to choose it
 * @throws on what cannot be honoured, with the reason
 */
export function compileForward(action: RouteAction, scope: ActionScope): ForwardAction | ForwardChoice {
  const specifier = action.clusterSpecifier
  const base = compileBase(action, scope)
  const subset = subsetOf(lbLabels(action.metadataMatch))
  switch (specifier?.$case) {
    case 'cluster':
      if (specifier.value === '') throw new Error('route.cluster is empty')
      return { ...base, cluster: specifier.value, subset }
    case 'clusterHeader':
      return byHeader(specifier.value, { ...base, cluster: '', subset })
    case 'weightedClusters': {
      const { clusters, randomValueSpecifier } = specifier.value
      const choices = clusters.map(cluster => compileWeighted(cluster, action, base, scope))
      return compileWeights(
        choices,
        clusters.map(cluster => cluster.weight ?? 0),
        randomValueSpecifier?.value,
      )
    }
    default:
      throw new Error(`route has ${specifier?.$case ?? 'no cluster'}, expected cluster, cluster_header or weighted_clusters`)
  }
}

type ForwardBase = Omit<ForwardAction, 'cluster' | 'subset'>

const NOT_FOUND_STATUS: Readonly<Record<NotFound, number>> = {
  [NotFound.SERVICE_UNAVAILABLE]: 503,
  [NotFound.NOT_FOUND]: 404,
  [NotFound.INTERNAL_SERVER_ERROR]: 500,
}

function compileBase(action: RouteAction, scope: ActionScope): ForwardBase {
  refuseUnsupported(action)
  return {
    kind: 'forward',
    clusterNotFoundStatus: NOT_FOUND_STATUS[action.clusterNotFoundResponseCode] ?? 503,
    prepare: compilePrepare(action, scope, undefined, undefined),
    applyResponseHeaders: compileResponse(scope, undefined),
    filterConfigs: scope.filterConfigs,
    hash: compileHashPolicy(action.hashPolicy),
    autoHostRewrite: action.hostRewriteSpecifier?.$case === 'autoHostRewrite' && action.hostRewriteSpecifier.value === true,
    appendForwardedHost: action.appendXForwardedHost,
    ...compileTimeouts(action),
    retry: action.retryPolicy ? compileRetryPolicy(action.retryPolicy) : scope.retry,
    internalRedirects: compileInternalRedirects(action.internalRedirectPolicy),
    mirrors: action.requestMirrorPolicies.length > 0 ? compileMirrors(action.requestMirrorPolicies) : scope.mirrors,
    rateLimits: rateLimitsOf(action, scope),
    ...compileUpgrades(action.upgradeConfigs),
    priority: action.priority === RoutingPriority.HIGH ? 'high' : 'default',
    includeAttemptCount: scope.includeAttemptCount,
    includeAttemptCountInResponse: scope.includeAttemptCountInResponse,
  }
}

function rateLimitsOf({ rateLimits, includeVhRateLimits }: RouteAction, scope: ActionScope): readonly DescriptorRule[] {
  const own = compileDescriptors(rateLimits)
  return own.length === 0 || includeVhRateLimits ? [...own, ...scope.rateLimits] : own
}

/** Fields that change what happens to a request, and that nothing here obeys: better refused than ignored. */
function refuseUnsupported(action: RouteAction): void {
  const unsupported: readonly (readonly [string, boolean])[] = [
    ['cors (the older form; typed_per_filter_config is the newer)', action.cors !== undefined],
    ['path_rewrite_policy', action.pathRewritePolicy !== undefined],
    ['internal_redirect_action', action.internalRedirectAction !== 0],
    ['hedge_policy', action.hedgePolicy !== undefined],
    ['retry_policy_typed_config', action.retryPolicyTypedConfig !== undefined],
    ['early_data_policy', action.earlyDataPolicy !== undefined],
  ]
  for (const [field, present] of unsupported) if (present) throw new Error(`route.${field} is not supported`)
}

function compilePrepare(
  action: RouteAction,
  scope: ActionScope,
  cluster: HeaderMutation | undefined,
  clusterAuthority: string | undefined,
): ForwardAction['prepare'] {
  const mutate = scope.requestHeaders(cluster)
  const rewriteHost = compileHostRewrite(action)
  const rewritePath = compilePathRewrite(action.prefixRewrite, action.regexRewrite, scope.matched)
  if (!mutate && !rewriteHost && !rewritePath && clusterAuthority === undefined) return nothing
  return (head, context) => {
    mutate?.(head.headers, head, context, undefined)
    if (clusterAuthority !== undefined) head.authority = clusterAuthority
    rewriteHost?.(head)
    if (rewritePath) replacePath(head, rewritePath(head.path))
  }
}

/** A CONNECT has no path, and keeps none. */
function replacePath(head: RequestHead, path: string | undefined): void {
  if (path === undefined || head.path === '') return
  head.headers.set('x-envoy-original-path', head.path)
  head.path = path
}

function nothing(): void {}

function compileResponse(scope: ActionScope, cluster: HeaderMutation | undefined): ForwardAction['applyResponseHeaders'] {
  const mutate = scope.responseHeaders(cluster)
  return mutate ? (headers, head, context) => mutate(headers, head, context, headers) : nothing
}

function compileWeighted(
  cluster: WeightedCluster_ClusterWeight,
  action: RouteAction,
  base: ForwardBase,
  scope: ActionScope,
): ForwardAction | ForwardChoice {
  const place = `weighted cluster "${cluster.name || cluster.clusterHeader}"`
  if ((cluster.name === '') === (cluster.clusterHeader === ''))
    throw new Error(`${place} has ${cluster.name === '' ? 'neither' : 'both'} name and cluster_header, expected one of them`)
  const authority = cluster.hostRewriteSpecifier?.value
  const requestHeaders = compileHeaderMutation(cluster.requestHeadersToAdd, cluster.requestHeadersToRemove)
  const responseHeaders = compileHeaderMutation(cluster.responseHeadersToAdd, cluster.responseHeadersToRemove)
  const chosen: ForwardAction = {
    ...base,
    cluster: cluster.name,
    subset: subsetOf(new Map([...lbLabels(action.metadataMatch), ...lbLabels(cluster.metadataMatch)])),
    prepare:
      requestHeaders || authority
        ? compilePrepare(action, scope, requestHeaders, authority ? toByteText(authority) : undefined)
        : base.prepare,
    applyResponseHeaders: responseHeaders ? compileResponse(scope, responseHeaders) : base.applyResponseHeaders,
    filterConfigs: overlay(base.filterConfigs, compileFilterOverrides(cluster.typedPerFilterConfig)),
  }
  return cluster.name === '' ? byHeader(cluster.clusterHeader, chosen) : chosen
}

function byHeader(name: string, action: ForwardAction): ForwardChoice {
  if (name === '') throw new Error('route.cluster_header is empty')
  const read = firstFieldReader(name)
  // Without the header: a cluster that does not exist, so the answer is clusterNotFoundStatus, as Envoy's.
  const decide = (head: RequestHead): ForwardAction => ({ ...action, cluster: read(head) ?? '' })
  return { kind: 'choice', decide, outcomes: head => [{ share: 1, result: decide(head) }] }
}

function subsetOf(labels: Labels): Labels | undefined {
  return labels.size === 0 ? undefined : labels
}
