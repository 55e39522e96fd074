/**
 * Where the control plane is and how it is spoken to, out of the bootstrap: ads_config names a static cluster, whose first endpoint it is.
 */
import type { ServerAddress, XdsClientOptions } from '../../xds/client/client.ts'
import type { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { ApiConfigSource_ApiType as ApiType, type ConfigSource } from '../../xds/gen/envoy/config/core/v3/config_source.ts'

/** @throws naming the field when the control plane can't be found there */
export function readAds(bootstrap: Bootstrap): Pick<XdsClientOptions, 'address' | 'protocol'> {
  const dynamic = bootstrap.dynamicResources
  for (const [name, source] of [
    ['lds_config', dynamic?.ldsConfig],
    ['cds_config', dynamic?.cdsConfig],
  ] as const) {
    if (source !== undefined && !isAds(source))
      throw new Error(`Cannot read bootstrap: ${name} comes by ${source.configSourceSpecifier?.$case ?? 'nothing'}, expected ads`)
  }
  const ads = dynamic?.adsConfig
  const target = ads?.grpcServices[0]?.targetSpecifier
  if (target?.$case !== 'envoyGrpc') throw new Error('Cannot read bootstrap: ads_config has no grpc_services with envoy_grpc')
  const protocol = ads?.apiType === ApiType.GRPC || ads?.apiType === ApiType.AGGREGATED_GRPC ? 'sotw' : 'delta'
  return { address: clusterAddress(bootstrap, target.value.clusterName), protocol }
}

/** @throws when the bootstrap has no such cluster, or its first endpoint is of another kind */
export function clusterAddress(bootstrap: Bootstrap, name: string): ServerAddress {
  const cluster = bootstrap.staticResources?.clusters.find(found => found.name === name)
  if (cluster === undefined)
    throw new Error(
      `Cannot read bootstrap: a configuration source names cluster "${name}", which is not among static_resources.clusters`,
    )
  const endpoint = cluster.loadAssignment?.endpoints[0]?.lbEndpoints[0]?.hostIdentifier
  const address = endpoint?.$case === 'endpoint' ? endpoint.value.address?.address : undefined
  if (address?.$case === 'pipe') return { path: address.value.path }
  if (address?.$case === 'socketAddress' && address.value.portSpecifier?.$case === 'portValue')
    return { host: address.value.address, port: address.value.portSpecifier.value }
  throw new Error(
    `Cannot read bootstrap: cluster "${name}" of a configuration source has no endpoint with a pipe or a socket address`,
  )
}

function isAds({ configSourceSpecifier }: ConfigSource): boolean {
  return configSourceSpecifier?.$case === 'ads'
}
