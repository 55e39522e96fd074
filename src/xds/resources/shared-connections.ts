/**
 * Whether requests of HTTP/1.1 to a service may share connections with each other: between two of our own proxies they travel as streams of one HTTP/2
 * connection, and are HTTP/1.1 again at the far side. Envoy does not read this, and speaks to either side as ever.
 */
import { isHttp, isHttp2 } from '../../model/protocol.ts'
import type { ConnectionPool } from '../../model/traffic-policy.ts'
import type { ClusterInputs } from './cluster-inputs.ts'

/** Entry of a proxy's metadata (MeshConfig.defaultConfig.proxyMetadata, ProxyConfig, annotation): "false" switches it off. */
export const SHARE_CONNECTIONS = 'MIZZEN_SHARE_CONNECTIONS'

export function sharesConnections({ view, service, port, policy }: ClusterInputs): boolean {
  const { settings } = view
  const pool = policy?.pool
  const meshTls = policy?.tls ? policy.tls.mode === 'mesh' : settings.autoMtls && !service.external
  const http1 = isHttp(port.protocol) && !isHttp2(port.protocol) && port.protocol !== 'auto'
  return (
    view.identity &&
    meshTls &&
    http1 &&
    settings.proxyDefaults.metadata?.[SHARE_CONNECTIONS] !== 'false' &&
    policy?.proxyProtocol === undefined &&
    (pool === undefined || leavesConnectionsToUs(pool, settings.upgradeToHttp2))
  )
}

/** What is said of connections is meant of connections with one request at a time. */
function leavesConnectionsToUs(pool: ConnectionPool, upgradeToHttp2: boolean): boolean {
  return (
    pool.http2 === 'default' &&
    !upgradeToHttp2 &&
    !pool.useClientProtocol &&
    pool.maxConnections === undefined &&
    pool.maxPendingRequests === undefined &&
    pool.maxRequestsPerConnection === undefined
  )
}
