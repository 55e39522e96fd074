/**
 * A proxy's resources as one static bootstrap, so that Envoy can be asked (`--mode validate`) whether it takes them: route tables go
 * into their connection managers, endpoints into their clusters.
 */
import { Bootstrap } from '../../src/xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { Cluster, Cluster_DiscoveryType } from '../../src/xds/gen/envoy/config/cluster/v3/cluster.ts'
import { ClusterLoadAssignment } from '../../src/xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import { Listener } from '../../src/xds/gen/envoy/config/listener/v3/listener.ts'
import type { Filter, FilterChain } from '../../src/xds/gen/envoy/config/listener/v3/listener_components.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import { HttpConnectionManager } from '../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { Secret } from '../../src/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { ProxyResources } from '../../src/xds/resources/proxy.ts'
import { pack, unpack } from '../../src/xds/wire/any.ts'
import { bytesToJson, type JsonValue } from '../../src/xds/wire/json.ts'
import { CLUSTER, ENDPOINT, LISTENER, type ResourceType, ROUTE, SECRET } from '../../src/xds/wire/type-url.ts'

const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

export function staticBootstrap(resources: ProxyResources): JsonValue {
  const routes = decodeAll(resources, ROUTE, RouteConfiguration)
  const endpoints = decodeAll(resources, ENDPOINT, ClusterLoadAssignment)
  const used = new Set<string>()
  const listeners = [...decodeAll(resources, LISTENER, Listener).values()].map(listener => withRoutes(listener, routes, used))
  const unused = [...routes.keys()].filter(name => !used.has(name))
  const bootstrap = Bootstrap.fromPartial({
    node: { id: 'golden', cluster: 'golden' },
    staticResources: {
      // A table nobody refers to would not be looked at.
      listeners: [...listeners, ...unused.map((name, i) => carrier(name, routes.get(name), i))],
      clusters: [...decodeAll(resources, CLUSTER, Cluster).values()].map(cluster => withEndpoints(cluster, endpoints)),
      secrets: [...decodeAll(resources, SECRET, Secret).values()],
    },
    // Secrets asked for over ADS need a stream to be asked for on.
    dynamicResources: {
      adsConfig: {
        apiType: 2,
        transportApiVersion: 2,
        grpcServices: [{ targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: 'xds-grpc' } } }],
      },
    },
  })
  bootstrap.staticResources?.clusters.push(grpcServer('xds-grpc'), grpcServer('sds-grpc'))
  return bytesToJson('envoy.config.bootstrap.v3.Bootstrap', Bootstrap.encode(bootstrap).finish())
}

function decodeAll<T>(resources: ProxyResources, type: ResourceType, codec: { decode(bytes: Uint8Array): T }): Map<string, T> {
  return new Map([...(resources.get(type)?.values() ?? [])].map(({ name, bytes }) => [name, codec.decode(bytes)]))
}

function withRoutes(listener: Listener, routes: ReadonlyMap<string, RouteConfiguration>, used: Set<string>): Listener {
  const inline = (filter: Filter): Filter => {
    const config = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
    const manager = unpack(MANAGER, HttpConnectionManager, config)
    if (manager?.routeSpecifier?.$case !== 'rds') return filter
    const { routeConfigName } = manager.routeSpecifier.value
    used.add(routeConfigName)
    const value = routes.get(routeConfigName)
    if (!value) throw new Error(`Cannot find route table "${routeConfigName}" that listener "${listener.name}" refers to`)
    const typedConfig = pack(MANAGER, HttpConnectionManager, { ...manager, routeSpecifier: { $case: 'routeConfig', value } })
    return { ...filter, configType: { $case: 'typedConfig', value: typedConfig } }
  }
  const chain = (entry: FilterChain): FilterChain => ({ ...entry, filters: entry.filters.map(inline) })
  const { defaultFilterChain } = listener
  return {
    ...listener,
    filterChains: listener.filterChains.map(chain),
    defaultFilterChain: defaultFilterChain && chain(defaultFilterChain),
  }
}

function carrier(name: string, table: RouteConfiguration | undefined, index: number): Listener {
  if (!table) throw new Error(`Cannot find route table "${name}"`)
  const manager = HttpConnectionManager.fromPartial({ statPrefix: name, routeSpecifier: { $case: 'routeConfig', value: table } })
  const router = {
    name: 'envoy.filters.http.router',
    configType: {
      $case: 'typedConfig',
      value: { typeUrl: `type.googleapis.com/envoy.extensions.filters.http.router.v3.Router`, value: new Uint8Array() },
    },
  } as const
  const config = pack(MANAGER, HttpConnectionManager, {
    ...manager,
    httpFilters: [{ ...router, isOptional: false, disabled: false }],
  })
  return Listener.fromPartial({
    name: `carrier-${index}`,
    address: {
      address: {
        $case: 'socketAddress',
        value: { address: '127.0.0.1', portSpecifier: { $case: 'portValue', value: 60000 + index } },
      },
    },
    filterChains: [
      {
        filters: [{ name: 'envoy.filters.network.http_connection_manager', configType: { $case: 'typedConfig', value: config } }],
      },
    ],
  })
}

function withEndpoints(cluster: Cluster, endpoints: ReadonlyMap<string, ClusterLoadAssignment>): Cluster {
  if (cluster.clusterDiscoveryType?.$case !== 'type' || cluster.clusterDiscoveryType.value !== Cluster_DiscoveryType.EDS)
    return cluster
  const loadAssignment = endpoints.get(cluster.edsClusterConfig?.serviceName || cluster.name)
  if (!loadAssignment) throw new Error(`Cannot find endpoints of cluster "${cluster.name}"`)
  return {
    ...cluster,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
    edsClusterConfig: undefined,
    loadAssignment,
  }
}

/** Nobody answers; Envoy only wants to know that there is such a cluster. */
function grpcServer(name: string): Cluster {
  return Cluster.fromPartial({
    name,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC },
    loadAssignment: { clusterName: name },
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        typeUrl: 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        value: new Uint8Array([0x1a, 4, 0x0a, 2, 0x12, 0]), // explicit_http_config { http2_protocol_options {} }
      },
    },
  })
}
