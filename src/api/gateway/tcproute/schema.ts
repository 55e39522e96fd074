/** TCPRoute: where the connections of a port go. */
export { BytesRouteSpec as TcpRouteSpec } from '../bytes-route.ts'
