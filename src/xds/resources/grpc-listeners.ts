/**
 * Listeners for applications that speak gRPC and xDS themselves. A client asks for "host:port" as it stands in its target; a server for the
 * name that its bootstrap gives to what it listens on. Both are made when they are asked for, since a service has many names.
 */
import { builtIn } from '../../model/origin.ts'
import { portOf, type Service, type ServicePort } from '../../model/service.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import { Filter } from '../gen/envoy/config/listener/v3/listener_components.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { HttpConnectionManager } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'
import type { EncodedResource } from '../wire/resource.ts'
import type { Encoder } from './encoded.ts'
import { FAULT_FILTER } from './fault.ts'
import { grpcAccessFilters } from './grpc-rbac.ts'
import { grpcServerSecurity } from './grpc-tls.ts'
import { serviceDomains } from './host-domains.ts'
import { HTTP_MANAGER } from './http-manager.ts'
import { modeOf } from './inbound-chains.ts'
import type { InboundPort } from './inbound-port.ts'
import { outboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import type { ResourceSet } from './resource-set.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { routerFilter } from './router.ts'
import type { Security } from './security.ts'
import { FROM_ADS, socketAddress } from './values.ts'
import type { View } from './view.ts'

/** server_listener_resource_name_template of the bootstrap, without the address that stands for %s. */
const SERVER_PREFIX = 'xds.istio.io/grpc/lds/inbound/'
const MANAGER_TYPE = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

export class GrpcListeners implements ResourceSet {
  readonly #encoder: Encoder
  readonly #services: ReadonlyMap<string, Service>
  readonly #inbound: readonly InboundPort[]
  readonly #security: Security
  readonly #made = new Map<string, EncodedResource | undefined>()

  constructor(view: View, inbound: readonly InboundPort[], security: Security, encoder: Encoder) {
    this.#encoder = encoder
    this.#inbound = inbound
    this.#security = security
    this.#services = new Map(
      view.scope.services.flatMap(service => serviceDomains(view, service).map(name => [name, service] as const)),
    )
  }

  get(name: string): EncodedResource | undefined {
    if (!this.#made.has(name)) this.#made.set(name, this.#make(name))
    return this.#made.get(name)
  }

  /** Each service port under its full name; a client that asks for everything is a tool. */
  *values(): Iterable<EncodedResource> {
    for (const service of new Set(this.#services.values())) {
      for (const port of service.ports) {
        const resource = this.get(`${service.hostname}:${port.number}`)
        if (resource) yield resource
      }
    }
  }

  #make(name: string): EncodedResource | undefined {
    const listener = name.startsWith(SERVER_PREFIX)
      ? serverListener(name, splitPort(name.slice(SERVER_PREFIX.length)), this.#inbound, this.#security)
      : this.#clientListener(name)
    return listener && this.#encoder.encode(Listener, name, listener)
  }

  #clientListener(name: string): Listener | undefined {
    const [host, number] = splitPort(name)
    const service = this.#services.get(host)
    const port = service && (number === undefined ? (service.ports[0] ?? undefined) : portOf(service, number))
    return service && port && clientListener(name, service, port)
  }
}

/** @returns without a port where there is none */
function splitPort(text: string): [host: string, port: number | undefined] {
  const [, host, port] = /^(.*):(\d+)$/.exec(text) ?? []
  return host === undefined ? [text, undefined] : [host, Number(port)]
}

function clientListener(name: string, service: Service, port: ServicePort): Listener {
  const manager = HttpConnectionManager.fromPartial({
    routeSpecifier: {
      $case: 'rds',
      value: { configSource: FROM_ADS, routeConfigName: outboundCluster(port.number, '', service.hostname) },
    },
    httpFilters: [FAULT_FILTER, routerFilter()],
  })
  return Listener.fromPartial({
    name,
    apiListener: { apiListener: pack(MANAGER_TYPE, HttpConnectionManager, manager) },
    metadata: originMetadata(service.origin),
  })
}

/** One chain: a server cannot tell mutual TLS from plaintext, so that PERMISSIVE means plaintext to it. */
function serverListener(
  name: string,
  [address, port]: [string, number | undefined],
  inbound: readonly InboundPort[],
  security: Security,
): Listener | undefined {
  if (port === undefined) return undefined
  const served = inbound.find(entry => entry.target === port || entry.endpoint?.port === port)
  const target = served?.target ?? port
  const strict = modeOf(security, target) === 'strict'
  const chain = strict ? 'inbound-mtls' : 'inbound-plaintext'
  const route = { name: 'default', match: EVERY_REQUEST, action: { $case: 'nonForwardingAction', value: {} } } as const
  const value = RouteConfiguration.fromPartial({
    name: 'inbound',
    virtualHosts: [{ name: `inbound|http|${port}`, domains: ['*'], routes: [route] }],
  })
  const manager = HttpConnectionManager.fromPartial({
    // grpc-js looks for changes in the filters first, and mistakes or even breaks on one of the transport socket alone (1.14).
    statPrefix: chain,
    routeSpecifier: { $case: 'routeConfig', value },
    httpFilters: [...grpcAccessFilters(security, { target, listens: port }), routerFilter()],
  })
  const typedConfig = pack(MANAGER_TYPE, HttpConnectionManager, manager)
  const filter = Filter.fromPartial({ name: HTTP_MANAGER, configType: { $case: 'typedConfig', value: typedConfig } })
  const origin = served?.origin ?? builtIn('gRPC server')
  return Listener.fromPartial({
    name,
    address: socketAddress(address.replace(/^\[|\]$/g, ''), port),
    filterChains: [
      {
        name: chain,
        filters: [filter],
        transportSocket: strict ? grpcServerSecurity() : undefined,
        metadata: originMetadata(origin),
      },
    ],
  })
}
