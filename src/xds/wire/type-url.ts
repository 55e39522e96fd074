/**
 * The names under which xDS resources and extension configurations travel (google.protobuf.Any `type_url`).
 */
const PREFIX = 'type.googleapis.com/'

export const CLUSTER = `${PREFIX}envoy.config.cluster.v3.Cluster`
export const ENDPOINT = `${PREFIX}envoy.config.endpoint.v3.ClusterLoadAssignment`
export const LISTENER = `${PREFIX}envoy.config.listener.v3.Listener`
export const ROUTE = `${PREFIX}envoy.config.route.v3.RouteConfiguration`
export const VIRTUAL_HOST = `${PREFIX}envoy.config.route.v3.VirtualHost`
export const SECRET = `${PREFIX}envoy.extensions.transport_sockets.tls.v3.Secret`
/** Istio's; what DNS questions of a pod are answered from. */
export const NAME_TABLE = `${PREFIX}istio.networking.nds.v1.NameTable`

/** The resource types of ADS in make-before-break order: what others refer to comes first. */
export const RESOURCE_TYPES = [CLUSTER, ENDPOINT, LISTENER, ROUTE, VIRTUAL_HOST, SECRET, NAME_TABLE] as const
export type ResourceType = (typeof RESOURCE_TYPES)[number]

/**
 * The types of which a state-of-the-world response carries everything, so that absence from it means removal; and which always could be
 * subscribed as a whole. xDS protocol, "Wildcard subscription".
 */
export function isComplete(type: string): boolean {
  return type === CLUSTER || type === LISTENER
}

/** `envoy.config.cluster.v3.Cluster` -> `type.googleapis.com/envoy.config.cluster.v3.Cluster`. */
export function typeUrl(messageName: string): string {
  return PREFIX + messageName
}

/** The message's full name in a type URL; whatever precedes the last slash is ignored, as protobuf says. */
export function messageName(url: string): string {
  return url.slice(url.lastIndexOf('/') + 1)
}
