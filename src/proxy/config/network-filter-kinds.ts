/**
 * Which network filters there are: the connection manager and the TCP proxy, and two small ones for tests and stubs.
 */
import { TrafficDirection } from '../../xds/gen/envoy/config/core/v3/base.ts'
import type { RouteConfiguration } from '../../xds/gen/envoy/config/route/v3/route.ts'
import { Config as DirectResponse } from '../../xds/gen/envoy/extensions/filters/network/direct_response/v3/config.ts'
import { ExtAuthz as NetworkExtAuthzConfig } from '../../xds/gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz.ts'
import {
  HttpConnectionManager as HcmConfig,
  type Rds,
} from '../../xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { RBAC as NetworkRbacConfig, RBAC_EnforcementType } from '../../xds/gen/envoy/extensions/filters/network/rbac/v3/rbac.ts'
import { TcpProxy as TcpProxyConfig } from '../../xds/gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { RbacRules, RbacStats } from '../filters/rbac/rules.ts'
import { HttpConnectionManager } from '../hcm/manager.ts'
import type { RouteSource } from '../hcm/services.ts'
import { type BuildGuard, type BuildNetworkFilter, type BuildTerminal, networkFilters } from '../listener/network-filters.ts'
import { compileRoutes } from '../route/compile.ts'
import { DirectAnswer, Echo } from '../tcp/answer.ts'
import { NetworkExtAuthz, NetworkExtAuthzStats } from '../tcp/ext-authz.ts'
import { NetworkRbac } from '../tcp/rbac.ts'
import { refusals } from '../tcp/refusal.ts'
import { TcpProxy } from '../tcp/tcp-proxy.ts'
import type { Side } from '../telemetry/decision-record.ts'
import type { RouteSlots } from './routes.ts'

/** Envoy's default of initial_fetch_timeout. */
const FETCH_TIMEOUT_MS = 15_000

export function networkFilterKinds(routes: RouteSlots): BuildNetworkFilter {
  const connectionManager: BuildTerminal = (bytes, { context, bufferLimit, direction }) => {
    const config = HcmConfig.decode(bytes)
    return new HttpConnectionManager({
      config,
      routes: routeSource(config, routes),
      bufferLimit,
      context,
      side: sideOf(direction),
    })
  }
  const tcpProxy: BuildTerminal = (bytes, { context, direction }) =>
    new TcpProxy(TcpProxyConfig.decode(bytes), context, sideOf(direction))
  return networkFilters(
    new Map<string, BuildTerminal>([
      ['envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', connectionManager],
      ['envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', tcpProxy],
      ['envoy.extensions.filters.network.direct_response.v3.Config', directAnswer],
      ['envoy.extensions.filters.network.echo.v3.Echo', () => new Echo()],
    ]),
    new Map<string, BuildGuard>([
      ['envoy.extensions.filters.network.rbac.v3.RBAC', networkRbac],
      ['envoy.extensions.filters.network.ext_authz.v3.ExtAuthz', networkExtAuthz],
    ]),
  )
}

function sideOf(direction: TrafficDirection): Side {
  if (direction === TrafficDirection.INBOUND) return 'inbound'
  return direction === TrafficDirection.OUTBOUND ? 'outbound' : 'unspecified'
}

const networkRbac: BuildGuard = (bytes, { context }, next) => {
  const config = NetworkRbacConfig.decode(bytes)
  if (config.enforcementType === RBAC_EnforcementType.CONTINUOUS)
    throw new Error('RBAC: enforcement_type CONTINUOUS is not supported, expected ONE_TIME_ON_FIRST_BYTE')
  const prefix = `${config.statPrefix}rbac`
  const stats = context.stats.shared(RbacStats, {
    prefix,
    family: 'envoy_rbac',
    labels: { envoy_rbac_prefix: config.statPrefix },
  })
  return new NetworkRbac(new RbacRules({ ...config, rulesStatPrefix: '' }, stats), next, refusals(context.denials))
}

const networkExtAuthz: BuildGuard = (bytes, { context }, next) => {
  const config = NetworkExtAuthzConfig.decode(bytes)
  const stats = context.stats.shared(NetworkExtAuthzStats, {
    prefix: `ext_authz.${config.statPrefix}`,
    family: 'envoy_ext_authz',
    labels: { envoy_ext_authz_prefix: config.statPrefix },
  })
  return new NetworkExtAuthz(config, next, {
    clusters: context.clusters,
    stats,
    refused: refusals(context.denials),
  })
}

function directAnswer(bytes: Uint8Array): DirectAnswer {
  const source = DirectResponse.decode(bytes).response?.specifier
  if (source?.$case !== 'inlineString' && source?.$case !== 'inlineBytes')
    throw new Error('direct_response has no inline_string or inline_bytes')
  return new DirectAnswer(Buffer.from(source.value))
}

function routeSource({ routeSpecifier }: HcmConfig, routes: RouteSlots): RouteSource {
  if (routeSpecifier?.$case === 'routeConfig') return inline(routeSpecifier.value)
  if (routeSpecifier?.$case === 'rds') return fetched(routeSpecifier.value, routes)
  throw new Error(
    `the connection manager has ${routeSpecifier ? 'scoped_routes, which are not supported' : 'no routes'}, expected rds or route_config`,
  )
}

function inline(config: RouteConfiguration): RouteSource {
  return { name: undefined, table: compileRoutes(config) }
}

function fetched({ routeConfigName, configSource }: Rds, routes: RouteSlots): RouteSource {
  const source = configSource?.configSourceSpecifier?.$case
  if (source !== 'ads' && source !== 'self')
    throw new Error(`rds "${routeConfigName}" comes by ${source ?? 'nothing'}, expected ads`)
  return routes.slot(routeConfigName, durationMs(configSource?.initialFetchTimeout) ?? FETCH_TIMEOUT_MS)
}
