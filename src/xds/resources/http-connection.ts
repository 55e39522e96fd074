/** What a filter chain that speaks HTTP is for; http-manager.ts makes Envoy's connection manager of it. */
import type { RateLimit } from '../../model/rate-limit.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { Cluster_DnsLookupFamily } from '../gen/envoy/config/cluster/v3/cluster.ts'
import type { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import type { ListeningPort } from './rbac-rules.ts'
import type { Security } from './security.ts'

export interface HttpConnection {
  readonly settings: MeshSettings
  /** inbound: to the application of a sidecar. outbound: from it. gateway: from outside the mesh. */
  readonly direction: 'inbound' | 'outbound' | 'gateway'
  /** Policies to enforce; undefined: none are enforced on this side. */
  readonly security?: Security | undefined
  /** See RuleContext. */
  readonly port?: ListeningPort | undefined
  /** Statistics are named by it. */
  readonly statPrefix: string
  /** The name of a route table, or the table itself. */
  readonly routes: string | RouteConfiguration
  /** Hosts may be resolved at request time, with addresses of this family. */
  readonly dynamicDns?: Cluster_DnsLookupFamily | undefined
  /** The client may ask for tunnels. */
  readonly connect?: boolean
  /** Requests may be gRPC-Web, for services that speak gRPC. */
  readonly grpcWeb?: boolean
  /** Some route may keep requests of one client with one endpoint. */
  readonly sessions?: boolean
  /** What it takes of requests. */
  readonly rateLimits?: readonly RateLimit[]
}
