/** UDPRoute: where the datagrams of a port go. */
export { BytesRouteSpec as UdpRouteSpec } from '../bytes-route.ts'
