/** Sidecar (networking.istio.io): what the sidecars of some workloads listen on, and which services they may know. */
import { type Static, Type } from 'typebox'
import { message } from '../../schema/message.ts'
import { ConnectionPoolSettings } from '../destinationrule/connection-pool.ts'
import { ServerTLSSettings } from '../gateway/schema.ts'
import { LabelSelector, ServerPort } from '../selector.ts'
import { Destination } from '../virtualservice/schema.ts'

const CaptureMode = Type.Enum(['DEFAULT', 'IPTABLES', 'NONE'], { default: 'DEFAULT' })

export const IstioIngressListener = message(
  {
    bind: Type.String(),
    captureMode: CaptureMode,
    defaultEndpoint: Type.String({ description: '127.0.0.1:port, 0.0.0.0:port, [::1]:port, [::]:port or unix:///path' }),
    tls: ServerTLSSettings,
    connectionPool: ConnectionPoolSettings,
  },
  { port: ServerPort },
)
export type IstioIngressListener = Static<typeof IstioIngressListener>

export const IstioEgressListener = message(
  { port: ServerPort, bind: Type.String(), captureMode: CaptureMode },
  { hosts: Type.Array(Type.String(), { description: '"namespace/dns name"; namespace "." is the own, "*" any, "~" none' }) },
)
export type IstioEgressListener = Static<typeof IstioEgressListener>

export const SidecarSpec = message({
  workloadSelector: LabelSelector,
  ingress: Type.Array(IstioIngressListener),
  egress: Type.Array(IstioEgressListener),
  inboundConnectionPool: ConnectionPoolSettings,
  outboundTrafficPolicy: message({
    mode: Type.Enum(['REGISTRY_ONLY', 'ALLOW_ANY'], { default: 'REGISTRY_ONLY' }),
    egressProxy: Destination,
  }),
})
export type SidecarSpec = Static<typeof SidecarSpec>
