/** The filter that resolves a request's host for clusters that connect to whatever the client named (cluster-special.ts). */
import type { Cluster_DnsLookupFamily } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { FilterConfig } from '../gen/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'
import { dnsCache } from './cluster-special.ts'
import type { HttpConnection } from './http-connection.ts'

export function dynamicForwardProxyFilter({ dynamicDns }: HttpConnection): HttpFilter | undefined {
  return dynamicDns === undefined ? undefined : filter(dynamicDns)
}

function filter(family: Cluster_DnsLookupFamily): HttpFilter {
  const config = FilterConfig.fromPartial({ implementationSpecifier: { $case: 'dnsCacheConfig', value: dnsCache(family) } })
  const value = pack('envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig', FilterConfig, config)
  return HttpFilter.fromPartial({ name: 'envoy.filters.http.dynamic_forward_proxy', configType: { $case: 'typedConfig', value } })
}
