/** What an EnvoyFilter can say of listeners and route configurations to find the object that it changes. */
import { type Static, Type } from 'typebox'
import { described, message, uint32 } from '../../schema/message.ts'

export const NamedFilter = message({
  name: Type.String({ description: 'name of a filter of connections' }),
  subFilter: message(
    { name: Type.String({ description: 'its name' }) },
    {},
    { description: 'a filter inside it: of HTTP requests' },
  ),
})

const FilterChainMatch = message({
  name: Type.String({ description: 'name of the chain' }),
  sni: Type.String({ description: 'a server name among those the chain takes' }),
  transportProtocol: Type.String({ description: 'raw_buffer or tls' }),
  applicationProtocols: Type.String({ description: 'application protocols, with commas; the chain must take all of them' }),
  filter: described('a filter of the chain', NamedFilter),
  destinationPort: uint32({ description: 'the port that the chain takes' }),
})

export const ListenerMatch = message({
  portNumber: uint32({ description: 'port of the listener; of a virtual listener: the port that the chain takes' }),
  portName: Type.String({ description: 'not used, as in Istio' }),
  filterChain: described('a filter chain of the listener', FilterChainMatch),
  listenerFilter: Type.String({ description: 'name of a listener filter' }),
  name: Type.String({ description: 'name of the listener' }),
})
export type ListenerMatch = Static<typeof ListenerMatch>

const RouteMatch = message({
  name: Type.String({ description: 'name of the route' }),
  action: Type.Enum(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE'], { default: 'ANY', description: 'what the route does' }),
})

const VirtualHostMatch = message({
  name: Type.String({ description: 'name of the virtual host, such as "reviews.shop.svc.cluster.local:80"' }),
  domainName: Type.String({ description: 'a domain among those of the virtual host' }),
  route: described('a route of the virtual host', RouteMatch),
})

export const RouteConfigurationMatch = message({
  portNumber: uint32({ description: 'port of the service or of the gateway server' }),
  portName: Type.String({ description: "name of the gateway server's port" }),
  gateway: Type.String({ description: 'namespace/name of a Gateway' }),
  vhost: described('a virtual host', VirtualHostMatch),
  name: Type.String({ description: 'name of the route configuration' }),
})
export type RouteConfigurationMatch = Static<typeof RouteConfigurationMatch>
