/** The network filter that speaks HTTP (Envoy HttpConnectionManager). */
import type { MeshSettings } from '../../model/settings.ts'
import type { TelemetrySide } from '../../model/telemetry-level.ts'
import { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import {
  HttpConnectionManager_ForwardClientCertDetails as ClientCertificates,
  HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes,
  HttpConnectionManager,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'
import { accessLogs } from './access-log.ts'
import type { HttpConnection } from './http-connection.ts'
import { httpFilters } from './order.ts'
import { proxyOptions } from './proxy-options.ts'
import { SAY_UNAVAILABLE } from './refused-inbound.ts'
import { standardMetrics } from './standard-metrics.ts'
import { FROM_ADS, ZERO } from './values.ts'

export const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager'
export const MANAGER_TYPE = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

export function httpManager(connection: HttpConnection): Filter {
  const { settings, routes } = connection
  const message = HttpConnectionManager.fromPartial({
    statPrefix: connection.statPrefix,
    routeSpecifier:
      typeof routes === 'string'
        ? { $case: 'rds', value: { configSource: FROM_ADS, routeConfigName: routes } }
        : { $case: 'routeConfig', value: routes },
    httpFilters: httpFilters(connection),
    accessLog: [...accessLogs(settings, sideOf(connection), 'http'), ...standardMetrics(settings, sideOf(connection), 'http')],
    streamIdleTimeout: ZERO,
    proxy100Continue: true,
    upgradeConfigs: [{ upgradeType: 'websocket' }, ...(connection.connect ? [{ upgradeType: 'CONNECT' }] : [])],
    ...pathNormalization(settings),
    ...byDirection(connection),
    ...proxyOptions(connection),
  })
  const typedConfig = pack(MANAGER_TYPE, HttpConnectionManager, message)
  return Filter.fromPartial({ name: HTTP_MANAGER, configType: { $case: 'typedConfig', value: typedConfig } })
}

/** A gateway reports as who sends. */
function sideOf({ direction }: HttpConnection): TelemetrySide {
  return direction === 'inbound' ? 'server' : 'client'
}

function pathNormalization({ pathNormalization }: MeshSettings): Partial<HttpConnectionManager> {
  return {
    normalizePath: pathNormalization !== 'none',
    mergeSlashes: pathNormalization === 'merge-slashes' || pathNormalization === 'decode-and-merge-slashes',
    pathWithEscapedSlashesAction:
      pathNormalization === 'decode-and-merge-slashes'
        ? EscapedSlashes.UNESCAPE_AND_FORWARD
        : EscapedSlashes.IMPLEMENTATION_SPECIFIC_DEFAULT,
  }
}

function byDirection({ direction }: HttpConnection): Partial<HttpConnectionManager> {
  const certificateFields = { subject: true, cert: false, chain: false, dns: true, uri: true }
  switch (direction) {
    case 'outbound':
      // What a server calls itself is for the client to see; only the proxy beside it adds its own name.
      return { useRemoteAddress: false, serverHeaderTransformation: ServerHeader.PASS_THROUGH }
    case 'inbound':
      return {
        useRemoteAddress: false,
        serverName: SERVER_NAME,
        forwardClientCertDetails: ClientCertificates.APPEND_FORWARD,
        setCurrentClientCertDetails: certificateFields,
        localReplyConfig: SAY_UNAVAILABLE,
      }
    case 'gateway':
      return {
        useRemoteAddress: true,
        serverName: SERVER_NAME,
        forwardClientCertDetails: ClientCertificates.SANITIZE_SET,
        setCurrentClientCertDetails: certificateFields,
      }
  }
}

const SERVER_NAME = 'mizzen'
