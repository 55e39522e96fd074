/**
 * RouteConfiguration -> RouteTable. The whole configuration is read before anything is returned: what cannot be honoured is refused
 * with its place (RouteConfigError), and the table in use stays in use.
 *
 * Left alone on purpose, because other parts read them or nothing here could break by them: stat_prefix, virtual_clusters, buffer limits, validate_clusters (clusters may arrive later).
 */
import type { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import {
  type Route,
  VirtualHost_TlsRequirementType as TlsRequirement,
  type Tracing,
  type VirtualHost,
} from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { FractionalPercent } from '../../xds/gen/envoy/type/v3/percent.ts'
import { compileDescriptors, type DescriptorRule } from '../filters/rate-limit/descriptors.ts'
import type { RequestHead } from '../http/stream.ts'
import { atPlace, routeLabel } from './config-error.ts'
import type {
  ConfigOrigin,
  ForwardChoice,
  Mirror,
  RetryPolicy,
  RouteAction,
  RouteDecision,
  RouteTable,
  RouteTrace,
  SamplingRates,
} from './decision.ts'
import { compileDirectResponse } from './direct-response.ts'
import { compileFilterOverrides, type FilterOverrides, overlay } from './filter-overrides.ts'
import { compileForward } from './forward.ts'
import { fractionOf } from './fraction.ts'
import { compileHeaderMutation, type HeaderMutation, inOrder } from './header-mutation.ts'
import { compileHostTable } from './host-table.ts'
import { compileMirrors } from './mirrors.ts'
import { originOf } from './origin.ts'
import { compileRedirect } from './redirect.ts'
import { forwardedProto, pathOnly } from './request-field.ts'
import { compileRetryPolicy } from './retry-policy.ts'
import { type CompiledRoute, compileRouteList, type FindRoute } from './route-list.ts'
import { compileRouteMatch, type PathCriterion } from './route-match.ts'

/** A virtual host of one table, ready to take requests. */
export interface CompiledVirtualHost {
  readonly name: string
  readonly domains: readonly string[]
  readonly routes: readonly CompiledRoute[]
  readonly find: FindRoute
  readonly demandsTls: ((head: RequestHead) => boolean) | undefined
}

/** @throws {RouteConfigError} on what cannot be honoured: becomes a NACK */
export function compileRoutes(config: RouteConfiguration): RouteTable {
  return new TableCompiler(config).table([])
}

/** One configuration whose virtual hosts may also come one by one: each is compiled once, however often its neighbours change. */
export class TableCompiler {
  readonly #config: RouteConfiguration
  readonly #globals: Level
  readonly #own: readonly CompiledVirtualHost[]

  /** @throws {RouteConfigError} */
  constructor(config: RouteConfiguration) {
    this.#config = config
    this.#globals = atPlace(config.name, undefined, undefined, () => compileLevel(undefined, config))
    this.#own = config.virtualHosts.map(host => this.virtualHost(host))
  }

  /** @throws {RouteConfigError} */
  virtualHost(host: VirtualHost): CompiledVirtualHost {
    return compileVirtualHost(this.#config, host, this.#globals)
  }

  /** The configuration's own virtual hosts and these. @throws {RouteConfigError} when a domain occurs twice */
  table(hosts: Iterable<CompiledVirtualHost>): RouteTable {
    const { name, ignorePortInHostMatching, ignorePathParametersInPathMatching } = this.#config
    const entries = [...this.#own, ...hosts].flatMap(host =>
      host.domains.map(domain => ({ domain, value: host, owner: host.name })),
    )
    const byDomain = atPlace(name, undefined, undefined, () => compileHostTable(entries, ignorePortInHostMatching))
    const pathOf = ignorePathParametersInPathMatching ? withoutParameters : pathOnly
    return {
      name,
      match(head, context) {
        const virtualHost = byDomain.find(head.authority)
        if (!virtualHost) return undefined
        if (virtualHost.demandsTls?.(head)) return 'tls-required'
        return virtualHost.find(head, pathOf(head.path), context)?.decide(head, context)
      },
      trace(head, context): RouteTrace {
        const path = pathOf(head.path)
        const virtualHost = byDomain.find(head.authority)
        const tlsRequired = virtualHost?.demandsTls?.(head) ?? false
        const route = tlsRequired ? undefined : virtualHost?.find(head, path, context)
        return {
          virtualHost: virtualHost?.name,
          tlsRequired,
          route: route && virtualHost?.routes.indexOf(route),
          path,
          outcomes: route?.outcomes(head) ?? [],
        }
      },
    }
  }
}

/** "/a;v=1/b?c" -> "/a/b". */
function withoutParameters(path: string): string {
  const only = pathOnly(path)
  return only.includes(';') ? only.replace(/;[^/]*/g, '') : only
}

/** What route configuration, virtual host and route all can say. Each level knows the one above. */
interface Level {
  readonly above: Level | undefined
  readonly requestHeaders: HeaderMutation | undefined
  readonly responseHeaders: HeaderMutation | undefined
  readonly filterConfigs: FilterOverrides
}

type LevelConfig = Pick<
  Route,
  'requestHeadersToAdd' | 'requestHeadersToRemove' | 'responseHeadersToAdd' | 'responseHeadersToRemove' | 'typedPerFilterConfig'
>

function compileLevel(above: Level | undefined, config: LevelConfig): Level {
  const filterConfigs = compileFilterOverrides(config.typedPerFilterConfig)
  return {
    above,
    requestHeaders: compileHeaderMutation(config.requestHeadersToAdd, config.requestHeadersToRemove),
    responseHeaders: compileHeaderMutation(config.responseHeadersToAdd, config.responseHeadersToRemove),
    filterConfigs: above ? overlay(above.filterConfigs, filterConfigs) : filterConfigs,
  }
}

interface VirtualHostScope {
  readonly config: RouteConfiguration
  readonly virtualHost: VirtualHost
  readonly level: Level
  readonly retry: RetryPolicy | undefined
  readonly mirrors: readonly Mirror[]
  readonly rateLimits: readonly DescriptorRule[]
  readonly origin: ConfigOrigin | undefined
}

function compileVirtualHost(config: RouteConfiguration, virtualHost: VirtualHost, globals: Level): CompiledVirtualHost {
  const here = <T>(step: () => T) => atPlace(config.name, virtualHost, undefined, step)
  const scope: VirtualHostScope = here(() => {
    if (virtualHost.name === '') throw new Error('a virtual host has no name')
    if (virtualHost.domains.length === 0) throw new Error('it has no domains')
    if (virtualHost.matcher) throw new Error('matcher is not supported, expected routes')
    if (virtualHost.cors) throw new Error('cors (the older form; typed_per_filter_config is the newer) is not supported')
    if (virtualHost.hedgePolicy) throw new Error('hedge_policy is not supported')
    if (virtualHost.retryPolicyTypedConfig) throw new Error('retry_policy_typed_config is not supported')
    const policies = virtualHost.requestMirrorPolicies
    return {
      config,
      virtualHost,
      level: compileLevel(globals, virtualHost),
      retry: compileRetryPolicy(virtualHost.retryPolicy),
      mirrors: compileMirrors(policies.length > 0 ? policies : config.requestMirrorPolicies),
      rateLimits: compileDescriptors(virtualHost.rateLimits),
      origin: originOf(virtualHost.metadata),
    }
  })
  const routes = virtualHost.routes.map((route, i) =>
    atPlace(config.name, virtualHost, routeLabel(route, i), () => compileRoute(route, scope)),
  )
  const { name, domains } = virtualHost
  return { name, domains, routes, find: compileRouteList(routes), demandsTls: compileTlsRequirement(virtualHost.requireTls) }
}

function compileTlsRequirement(requirement: TlsRequirement): CompiledVirtualHost['demandsTls'] {
  if (requirement === TlsRequirement.NONE) return undefined
  const external = requirement === TlsRequirement.EXTERNAL_ONLY
  return head => forwardedProto(head) !== 'https' && !(external && head.headers.get('x-envoy-internal') === 'true')
}

function compileRoute(route: Route, scope: VirtualHostScope): CompiledRoute {
  const match = compileRouteMatch(route.match)
  const level = compileLevel(scope.level, route)
  const action = compileAction(route, match.path, scope, level)
  const sampling = compileSampling(route.tracing)
  const decorator = route.decorator && { operation: route.decorator.operation, propagate: route.decorator.propagate ?? true }
  const decision = (taken: RouteAction): RouteDecision => ({
    virtualHost: scope.virtualHost.name,
    route: route.name,
    origin: originOf(route.metadata) ?? scope.origin,
    decorator,
    sampling,
    action: taken,
  })
  if (action.kind !== 'choice') {
    const ready = decision(action)
    return { ...match, decide: () => ready, outcomes: () => [{ share: 1, result: ready }] }
  }
  // Weighted clusters choose among a few ready actions; each gets its decision once.
  const decisions = new WeakMap<RouteAction, RouteDecision>()
  const once = (taken: RouteAction): RouteDecision => {
    let ready = decisions.get(taken)
    if (!ready) {
      ready = decision(taken)
      decisions.set(taken, ready)
    }
    return ready
  }
  return {
    ...match,
    decide: (head, context) => once(action.decide(head, context)),
    outcomes: head => action.outcomes(head).map(({ share, result }) => ({ share, result: once(result) })),
  }
}

function compileSampling(tracing: Tracing | undefined): SamplingRates | undefined {
  if (tracing === undefined) return undefined
  if (tracing.customTags.length > 0)
    throw new Error('tracing.custom_tags is not supported, expected them in the connection manager')
  const percent = (fraction: FractionalPercent | undefined) => (fraction === undefined ? 100 : fractionOf(fraction) * 100)
  return {
    client: percent(tracing.clientSampling),
    random: percent(tracing.randomSampling),
    overall: percent(tracing.overallSampling),
  }
}

function compileAction(route: Route, matched: PathCriterion, scope: VirtualHostScope, level: Level): RouteAction | ForwardChoice {
  const { config, virtualHost } = scope
  const mutations = (kind: 'requestHeaders' | 'responseHeaders') => (cluster: HeaderMutation | undefined) => {
    const levels = [level[kind], level.above?.[kind], level.above?.above?.[kind]]
    // The last one wins. By default that is the most general one.
    return inOrder([cluster, ...(config.mostSpecificHeaderMutationsWins ? levels.reverse() : levels)])
  }
  const responseHeaders = mutations('responseHeaders')
  const local = () => {
    const mutate = responseHeaders(undefined)
    return {
      filterConfigs: level.filterConfigs,
      applyResponseHeaders: (mutate
        ? (headers, head, context) => mutate(headers, head, context, headers)
        : () => {}) satisfies RouteAction['applyResponseHeaders'],
    }
  }
  switch (route.action?.$case) {
    case 'route':
      return compileForward(route.action.value, {
        matched,
        filterConfigs: level.filterConfigs,
        requestHeaders: mutations('requestHeaders'),
        responseHeaders,
        retry: scope.retry,
        mirrors: scope.mirrors,
        rateLimits: scope.rateLimits,
        includeAttemptCount: virtualHost.includeRequestAttemptCount,
        includeAttemptCountInResponse: virtualHost.includeAttemptCountInResponse,
      })
    case 'redirect':
      return { kind: 'redirect', ...compileRedirect(route.action.value, matched), ...local() }
    case 'directResponse':
      return {
        kind: 'direct-response',
        ...compileDirectResponse(route.action.value, config.maxDirectResponseBodySizeBytes),
        ...local(),
      }
    default:
      throw new Error(`it has ${route.action?.$case ?? 'no action'}, expected route, redirect or direct_response`)
  }
}
