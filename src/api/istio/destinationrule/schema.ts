/** DestinationRule (networking.istio.io): what clients do on the way to a service, and the subsets of its workloads. */
import { type Static, Type } from 'typebox'
import { duration, mapOf, message, uint32 } from '../../schema/message.ts'
import { WorkloadSelector } from '../policy-target.ts'
import { ExportTo, PortSelector } from '../selector.ts'
import { ConnectionPoolSettings, OutlierDetection } from './connection-pool.ts'
import { LoadBalancerSettings } from './load-balancer.ts'

export const ClientTLSSettings = message({
  mode: Type.Enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL'], { default: 'DISABLE' }),
  clientCertificate: Type.String(),
  privateKey: Type.String(),
  caCertificates: Type.String(),
  caCrl: Type.String(),
  credentialName: Type.String(),
  subjectAltNames: Type.Array(Type.String()),
  sni: Type.String(),
  insecureSkipVerify: Type.Boolean(),
})
export type ClientTLSSettings = Static<typeof ClientTLSSettings>

export const PortTrafficPolicy = message({
  port: PortSelector,
  loadBalancer: LoadBalancerSettings,
  connectionPool: ConnectionPoolSettings,
  outlierDetection: OutlierDetection,
  tls: ClientTLSSettings,
})
export type PortTrafficPolicy = Static<typeof PortTrafficPolicy>

export const TrafficPolicy = message({
  loadBalancer: LoadBalancerSettings,
  connectionPool: ConnectionPoolSettings,
  outlierDetection: OutlierDetection,
  tls: ClientTLSSettings,
  portLevelSettings: Type.Array(PortTrafficPolicy, {
    maxItems: 4096,
    description: 'replaces the four blocks above for a port; what is absent here is not inherited',
  }),
  tunnel: message({ protocol: Type.String({ default: 'CONNECT' }) }, { targetHost: Type.String(), targetPort: uint32() }),
  proxyProtocol: message({ version: Type.Enum(['V1', 'V2'], { default: 'V1' }) }),
  retryBudget: message({
    percent: Type.Number({ default: 20 }),
    minRetryConcurrency: uint32({ default: 3 }),
    budgetInterval: duration(),
  }),
})
export type TrafficPolicy = Static<typeof TrafficPolicy>

export const Subset = message({ labels: mapOf(Type.String()), trafficPolicy: TrafficPolicy }, { name: Type.String() })
export type Subset = Static<typeof Subset>

export const DestinationRuleSpec = message(
  { trafficPolicy: TrafficPolicy, subsets: Type.Array(Subset), exportTo: ExportTo, workloadSelector: WorkloadSelector },
  { host: Type.String({ description: 'a service: full name, short name, or wildcard' }) },
)
export type DestinationRuleSpec = Static<typeof DestinationRuleSpec>

export { ConnectionPoolSettings, OutlierDetection } from './connection-pool.ts'
export { type ConsistentHash, LoadBalancerSettings, LocalityLoadBalancerSetting } from './load-balancer.ts'
