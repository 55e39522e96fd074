/** Small resources that real data planes take: clusters with endpoints, listeners with route tables. */
import { createHash } from 'node:crypto'
import { Cluster, Cluster_DiscoveryType } from '../../src/xds/gen/envoy/config/cluster/v3/cluster.ts'
import { ConfigSource } from '../../src/xds/gen/envoy/config/core/v3/config_source.ts'
import { ClusterLoadAssignment } from '../../src/xds/gen/envoy/config/endpoint/v3/endpoint.ts'
import { Listener } from '../../src/xds/gen/envoy/config/listener/v3/listener.ts'
import { RouteConfiguration } from '../../src/xds/gen/envoy/config/route/v3/route.ts'
import { VirtualHost } from '../../src/xds/gen/envoy/config/route/v3/route_components.ts'
import { Router } from '../../src/xds/gen/envoy/extensions/filters/http/router/v3/router.ts'
import { HttpConnectionManager } from '../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../../src/xds/wire/any.ts'
import type { EncodedResource } from '../../src/xds/wire/resource.ts'

const HCM = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'
const ADS = ConfigSource.fromPartial({ configSourceSpecifier: { $case: 'ads', value: {} }, resourceApiVersion: 2 })

export function resource(name: string, bytes: Uint8Array): EncodedResource {
  return { name, version: createHash('sha256').update(bytes).digest('base64url').slice(0, 16), bytes }
}

/** @param connectSeconds something to change */
export function cluster(name: string, connectSeconds = 1): EncodedResource {
  const message = Cluster.fromPartial({
    name,
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { edsConfig: ADS },
    connectTimeout: { seconds: connectSeconds, nanos: 0 },
  })
  return resource(name, Cluster.encode(message).finish())
}

export function endpoints(name: string, ports: readonly number[]): EncodedResource {
  const lbEndpoints = ports.map(port => ({
    hostIdentifier: { $case: 'endpoint', value: { address: socketAddress(port) } } as const,
    loadBalancingWeight: 1,
  }))
  const localities = [{ locality: { region: 'here' }, loadBalancingWeight: 1, lbEndpoints }]
  const message = ClusterLoadAssignment.fromPartial({ clusterName: name, endpoints: ports.length > 0 ? localities : [] })
  return resource(name, ClusterLoadAssignment.encode(message).finish())
}

/** All requests to one cluster. */
export function routes(name: string, toCluster: string): EncodedResource {
  return routesFor(name, { $case: 'prefix', value: '/' }, toCluster)
}

/** A route table that Envoy refuses. */
export function badRoutes(name: string, toCluster: string): EncodedResource {
  return routesFor(name, { $case: 'safeRegex', value: { regex: '(' } }, toCluster)
}

/** A route table whose virtual hosts come one by one. */
export function openRoutes(name: string): EncodedResource {
  const message = RouteConfiguration.fromPartial({
    name,
    virtualHosts: [
      {
        name: 'others',
        domains: ['*'],
        routes: [{ match: ANY_PATH, action: { $case: 'directResponse', value: { status: 502 } } }],
      },
    ],
    vhds: { configSource: ADS },
  })
  return resource(name, RouteConfiguration.encode(message).finish())
}

/** One host's requests to one cluster, in a table of openRoutes(). Envoy removes by the virtual host's name, so it is the resource's. */
export function virtualHost(table: string, host: string, toCluster: string): EncodedResource {
  const action = { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: toCluster } } } as const
  const message = VirtualHost.fromPartial({ name: `${table}/${host}`, domains: [host], routes: [{ match: ANY_PATH, action }] })
  return resource(`${table}/${host}`, VirtualHost.encode(message).finish())
}

const ANY_PATH = { pathSpecifier: { $case: 'prefix', value: '/' } } as const

type PathMatch = { $case: 'prefix'; value: string } | { $case: 'safeRegex'; value: { regex: string } }

function routesFor(name: string, pathSpecifier: PathMatch, toCluster: string): EncodedResource {
  const action = { $case: 'route', value: { clusterSpecifier: { $case: 'cluster', value: toCluster } } } as const
  const message = RouteConfiguration.fromPartial({
    name,
    virtualHosts: [{ name: 'all', domains: ['*'], routes: [{ match: { pathSpecifier }, action }] }],
  })
  return resource(name, RouteConfiguration.encode(message).finish())
}

function connectionManager(routeTable: string) {
  return pack(
    HCM,
    HttpConnectionManager,
    HttpConnectionManager.fromPartial({
      statPrefix: 'test',
      routeSpecifier: { $case: 'rds', value: { configSource: ADS, routeConfigName: routeTable } },
      httpFilters: [
        {
          name: 'envoy.filters.http.router',
          configType: {
            $case: 'typedConfig',
            value: pack('envoy.extensions.filters.http.router.v3.Router', Router, Router.fromPartial({})),
          },
        },
      ],
    }),
  )
}

/** On a port of 127.0.0.1 that the kernel picks. */
export function listener(name: string, routeTable: string): EncodedResource {
  const filter = { name: 'hcm', configType: { $case: 'typedConfig', value: connectionManager(routeTable) } } as const
  const message = Listener.fromPartial({ name, address: socketAddress(0), filterChains: [{ filters: [filter] }] })
  return resource(name, Listener.encode(message).finish())
}

/** What a gRPC client without a proxy asks for: a listener without an address. */
export function apiListener(name: string, routeTable: string): EncodedResource {
  const message = Listener.fromPartial({ name, apiListener: { apiListener: connectionManager(routeTable) } })
  return resource(name, Listener.encode(message).finish())
}

function socketAddress(port: number) {
  const value = { address: '127.0.0.1', portSpecifier: { $case: 'portValue', value: port } } as const
  return { address: { $case: 'socketAddress', value } } as const
}
