/**
 * The HTTP filters this proxy has. The table is in the order in which they make sense, with the reason for each place; the order in which
 * they run is the configuration's.
 */

import { Buffer as BufferConfig } from '../../xds/gen/envoy/extensions/filters/http/buffer/v3/buffer.ts'
import { Compressor } from '../../xds/gen/envoy/extensions/filters/http/compressor/v3/compressor.ts'
import { CsrfPolicy } from '../../xds/gen/envoy/extensions/filters/http/csrf/v3/csrf.ts'
import { Decompressor } from '../../xds/gen/envoy/extensions/filters/http/decompressor/v3/decompressor.ts'
import { ExtAuthz } from '../../xds/gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz.ts'
import { HTTPFault } from '../../xds/gen/envoy/extensions/filters/http/fault/v3/fault.ts'
import { HeaderMutation } from '../../xds/gen/envoy/extensions/filters/http/header_mutation/v3/header_mutation.ts'
import { HealthCheck } from '../../xds/gen/envoy/extensions/filters/http/health_check/v3/health_check.ts'
import { JwtAuthentication } from '../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { LocalRateLimit } from '../../xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.ts'
import { RateLimit } from '../../xds/gen/envoy/extensions/filters/http/ratelimit/v3/rate_limit.ts'
import { RBAC as RbacConfig } from '../../xds/gen/envoy/extensions/filters/http/rbac/v3/rbac.ts'
import { Router as RouterConfig } from '../../xds/gen/envoy/extensions/filters/http/router/v3/router.ts'
import { StatefulSession } from '../../xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session.ts'
import type { HttpFilter as FilterConfig } from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { TypeScriptFilter } from '../../xds/gen/mizzen/filters/v1/typescript_filter.ts'
import { messageName } from '../../xds/wire/type-url.ts'
import type { Clusters } from '../cluster/cluster.ts'
import type { Log } from '../context.ts'
import { CSRF_POLICY } from '../filters/csrf-policy.ts'
import { compileFault } from '../filters/fault-rule.ts'
import type { RemoteKeySets } from '../filters/jwt/remote-keys.ts'
import { LOCAL_RATE_LIMIT } from '../filters/rate-limit/local-limit.ts'
import { RbacRules, RbacStats } from '../filters/rbac/rules.ts'
import type { ScriptModules } from '../filters/script/modules.ts'
import type { Drain } from '../listener/drain.ts'
import type { Denials } from '../telemetry/denials.ts'
import type { StatsRegistry } from '../telemetry/stats.ts'
import { BufferFilter } from './buffer.ts'
import { CompressorFilter, CompressorStats } from './compressor.ts'
import { CorsFilter } from './cors.ts'
import { CsrfFilter, CsrfStats } from './csrf.ts'
import { DecompressorFilter, DecompressorStats } from './decompressor.ts'
import { ClusterAuthzStats, ExtAuthzFilter, ExtAuthzStats } from './ext-authz.ts'
import { FaultFilter, FaultStats } from './fault.ts'
import type { HttpFilter } from './filter.ts'
import { GrpcStats, GrpcStatsFilter } from './grpc-stats.ts'
import { GrpcWebFilter } from './grpc-web.ts'
import { HeaderMutationFilter } from './header-mutation.ts'
import { HealthCheckFilter } from './health-check.ts'
import { JwtFilter } from './jwt.ts'
import { LocalRateLimitFilter, LocalRateLimitStats } from './local-rate-limit.ts'
import { RateLimitFilter, RateLimitStats } from './rate-limit.ts'
import { RbacFilter } from './rbac.ts'
import { Router } from './router/router.ts'
import { ScriptFilter } from './script-filter.ts'
import { StatefulSessionFilter } from './stateful-session.ts'

export interface FilterSettings {
  readonly stats: StatsRegistry
  readonly statPrefix: string
  readonly clusters: Clusters
  readonly log: Log
  readonly denials: Denials
  readonly keySets: RemoteKeySets
  readonly scripts: ScriptModules
  readonly drain: Drain
  /** Bytes of a body that are kept for retries. */
  readonly bufferLimit: number
}

/** @returns undefined: the filter has nothing to do here, it is accepted and left out */
type Build = (name: string, defaultOff: boolean, config: Uint8Array, settings: FilterSettings) => HttpFilter | undefined

const PREFIX = 'envoy.extensions.filters.http.'

const FILTERS: ReadonlyMap<string, Build> = new Map<string, Build>([
  // Counts what comes in, whatever becomes of it.
  [
    `${PREFIX}grpc_stats.v3.FilterConfig`,
    (name, off, _config, settings) => new GrpcStatsFilter(name, off, group(settings, 'grpc', GrpcStats)),
  ],
  // Before all that may refuse a request: browsers are to read why.
  [`${PREFIX}grpc_web.v3.GrpcWeb`, (name, off) => new GrpcWebFilter(name, off)],
  // Verifies tokens, which access rules may ask for.
  [
    `${PREFIX}jwt_authn.v3.JwtAuthentication`,
    (name, off, config, settings) => new JwtFilter(name, off, JwtAuthentication.decode(config), settings),
  ],
  // Nothing that is not allowed gets further.
  [
    `${PREFIX}rbac.v3.RBAC`,
    (name, off, encoded, settings) => {
      const config = RbacConfig.decode(encoded)
      if (config.trackPerRuleStats) settings.log('warning', 'rbac', `"${name}": track_per_rule_stats has no effect here`)
      return new RbacFilter(name, off, new RbacRules(config, group(settings, 'rbac', RbacStats)), settings.denials)
    },
  ],
  // Asks somebody else about what the rules before it have picked out.
  [
    `${PREFIX}ext_authz.v3.ExtAuthz`,
    (name, off, config, settings) =>
      new ExtAuthzFilter(name, off, ExtAuthz.decode(config), {
        clusters: settings.clusters,
        denials: settings.denials,
        stats: prefix => group(settings, `ext_authz${prefix && `.${prefix}`}`, ExtAuthzStats),
        clusterStats: (cluster, prefix) =>
          settings.stats.shared(ClusterAuthzStats, {
            prefix: `cluster.${cluster}.ext_authz${prefix && `.${prefix}`}`,
            family: 'envoy_cluster_ext_authz',
            labels: { envoy_cluster_name: cluster },
          }),
      }),
  ],
  // After the access rules: what they refuse counts against nobody's limit.
  [
    LOCAL_RATE_LIMIT,
    (name, off, config, { stats }) =>
      new LocalRateLimitFilter(name, off, LocalRateLimit.decode(config), prefix =>
        stats.shared(LocalRateLimitStats, {
          prefix: `${prefix}.http_local_rate_limit`,
          family: 'envoy_http_local_rate_limit',
          labels: { envoy_local_http_ratelimit_prefix: prefix },
        }),
      ),
  ],
  [
    `${PREFIX}ratelimit.v3.RateLimit`,
    (name, off, config, { clusters, stats }) =>
      new RateLimitFilter(name, off, RateLimit.decode(config), clusters, (cluster, prefix) =>
        stats.shared(RateLimitStats, {
          prefix: `cluster.${cluster}.ratelimit${prefix && `.${prefix}`}`,
          family: 'envoy_cluster_ratelimit',
          labels: { envoy_cluster_name: cluster, ...(prefix && { envoy_ratelimit_prefix: prefix }) },
        }),
      ),
  ],
  // Before anything that costs: an injected error has to look like a service that was never reached.
  [
    `${PREFIX}fault.v3.HTTPFault`,
    (name, off, config, settings) =>
      new FaultFilter(name, off, compileFault(HTTPFault.decode(config)), group(settings, 'fault', FaultStats)),
  ],
  // Answers preflights, which carry no credentials, itself; adds its headers to injected errors too.
  [`${PREFIX}cors.v3.Cors`, (name, off) => new CorsFilter(name, off)],
  // After all that may refuse: a session is no right to be served.
  [
    `${PREFIX}stateful_session.v3.StatefulSession`,
    (name, off, config) => new StatefulSessionFilter(name, off, StatefulSession.decode(config)),
  ],
  // Tells who calls whether this workload may have more.
  [
    `${PREFIX}health_check.v3.HealthCheck`,
    (name, off, config, { clusters, drain }) =>
      new HealthCheckFilter(name, off, HealthCheck.decode(config), { clusters, drain, now: () => performance.now() }),
  ],
  // Browsers send cookies along with whatever any page makes them send.
  [
    CSRF_POLICY,
    (name, off, config, settings) => new CsrfFilter(name, off, CsrfPolicy.decode(config), group(settings, 'csrf', CsrfStats)),
  ],
  [`${PREFIX}buffer.v3.Buffer`, (name, off, config) => new BufferFilter(name, off, BufferConfig.decode(config))],
  [
    `${PREFIX}header_mutation.v3.HeaderMutation`,
    (name, off, config) => new HeaderMutationFilter(name, off, HeaderMutation.decode(config)),
  ],
  // What is between it and the router sees bodies as upstreams have them.
  [
    `${PREFIX}compressor.v3.Compressor`,
    (name, off, config, settings) =>
      new CompressorFilter(name, off, Compressor.decode(config), coding =>
        group(settings, `compressor.${coding.name}.${coding.encoding}`, CompressorStats, 'compressor'),
      ),
  ],
  [
    `${PREFIX}decompressor.v3.Decompressor`,
    (name, off, config, settings) =>
      new DecompressorFilter(name, off, Decompressor.decode(config), coding =>
        group(settings, `decompressor.${coding.name}.${coding.encoding}`, DecompressorStats, 'decompressor'),
      ),
  ],
  // A listener is not worth losing for it: it is left out, and said so.
  [
    `${PREFIX}lua.v3.Lua`,
    (name, _off, _config, { log }) => {
      log('warning', 'lua', `"${name}" is left out: Lua runs on Envoy only, here a TypeScriptFilter does its work`)
      return undefined
    },
  ],
  // The user's own, wherever the configuration puts them.
  [
    'mizzen.filters.v1.TypeScriptFilter',
    (name, off, config, { scripts }) => new ScriptFilter(name, off, TypeScriptFilter.decode(config), scripts),
  ],
  // The cluster resolves names by itself.
  [`${PREFIX}dynamic_forward_proxy.v3.FilterConfig`, () => undefined],
  // Last: it ends the chain.
  [
    `${PREFIX}router.v3.Router`,
    (name, _off, config, { bufferLimit }) =>
      new Router(name, { suppressEnvoyHeaders: RouterConfig.decode(config).suppressEnvoyHeaders, bufferLimit }),
  ],
])

/** @param type message name of its settings */
export function knowsFilter(type: string): boolean {
  return FILTERS.has(type)
}

/** @throws naming the filter that is unknown or has settings that can't be used */
export function buildFilters(configs: readonly FilterConfig[], settings: FilterSettings): HttpFilter[] {
  const filters: HttpFilter[] = []
  for (const { name, configType, isOptional, disabled } of configs) {
    const typed = configType?.$case === 'typedConfig' ? configType.value : undefined
    const build = typed && FILTERS.get(messageName(typed.typeUrl))
    if (typed === undefined || build === undefined) {
      if (isOptional) continue
      throw new Error(`HTTP filter "${name}" ${typed ? `of type "${typed.typeUrl}" is not known here` : 'has no typed_config'}`)
    }
    const filter = build(name, disabled, typed.value, settings)
    if (filter !== undefined) filters.push(filter)
  }
  if (!(filters.at(-1) instanceof Router)) throw new Error('the last HTTP filter is not the router (envoy.filters.http.router)')
  return filters
}

function group<T extends object>({ stats, statPrefix }: FilterSettings, name: string, type: new () => T, family = name): T {
  return stats.shared(type, {
    prefix: `http.${statPrefix}.${name}`,
    family: `envoy_http_${family}`,
    labels: { envoy_http_conn_manager_prefix: statPrefix },
  })
}
