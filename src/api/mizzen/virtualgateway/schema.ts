/** VirtualGateway (mizzen.dev): one way into the mesh, or out of it: listeners, TLS, hosts and routes in one document. */
import { type Static, Type } from 'typebox'
import { mapOf, message, uint32 } from '../../schema/message.ts'
import { HttpRoute } from '../route.ts'

export const GatewayListener = message(
  {
    protocol: Type.Enum(['HTTP', 'HTTPS', 'TLS', 'TCP'], {
      description: 'TLS is passed through, by server name; default: HTTPS with tls, else HTTP',
    }),
    tls: message({
      certificate: Type.String({ description: "name of the Secret, in the namespace of the gateway's pods" }),
      clientCertificates: Type.Boolean({ default: false, description: "clients need one that the Secret's ca.crt vouches for" }),
      minVersion: Type.Enum(['1.2', '1.3'], { default: '1.2' }),
    }),
    redirectToHTTPS: Type.Boolean({ default: false, description: 'requests are answered with a redirect, and nothing else' }),
  },
  { port: uint32() },
)
export type GatewayListener = Static<typeof GatewayListener>

export const VirtualGatewaySpec = message(
  {
    direction: Type.Enum(['Ingress', 'Egress'], { default: 'Ingress' }),
    selector: mapOf(Type.String(), {
      description: "labels of the gateway's pods; default: {istio: ingressgateway}, for Egress {istio: egressgateway}",
    }),
    listeners: Type.Array(GatewayListener, { maxItems: 64, description: 'default: HTTP on port 80' }),
    routes: Type.Array(HttpRoute, { description: 'for Egress: default is to send requests to the hosts themselves' }),
    to: message(
      { port: uint32() },
      { host: Type.String() },
      { description: 'instead of routes: the one service that everything goes to, bytes (TLS, TCP) too' },
    ),
    egress: message({
      through: Type.String({
        default: 'istio-egressgateway.istio-system.svc.cluster.local',
        description: 'the service of the gateway, to which sidecars send what is for the hosts',
      }),
      originateTLS: Type.Boolean({
        default: false,
        description: 'requests come as HTTP and leave the gateway in TLS, to port 443',
      }),
    }),
  },
  { hosts: Type.Array(Type.String(), { minItems: 1, maxItems: 256, description: 'names that clients ask for' }) },
)
export type VirtualGatewaySpec = Static<typeof VirtualGatewaySpec>
