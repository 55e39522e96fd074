/** The HTTP filter by which Envoy counts the messages of gRPC calls, for the standard metrics (standard-metrics.ts). mizzen's own proxy counts them itself. */
import { FilterConfig } from '../gen/envoy/extensions/filters/http/grpc_stats/v3/config.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'
import type { HttpConnection } from './http-connection.ts'

const TYPE = 'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig'

export function grpcStatsFilter({ settings }: HttpConnection): HttpFilter | undefined {
  return settings.toldMetrics === true ? FILTER : undefined
}

const FILTER = HttpFilter.fromPartial({
  name: 'envoy.filters.http.grpc_stats',
  configType: {
    $case: 'typedConfig',
    value: pack(TYPE, FilterConfig, FilterConfig.fromPartial({ emitFilterState: true })),
  },
})
