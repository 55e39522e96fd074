/** Clusters for fetching the keys of issuers that are no service of the mesh: by name over DNS, with TLS where the URL says https. */
import type { MeshSettings } from '../../model/settings.ts'
import { SIMPLE_TLS } from '../../model/traffic-policy.ts'
import { Cluster, Cluster_DiscoveryType } from '../gen/envoy/config/cluster/v3/cluster.ts'
import { outboundCluster } from './names.ts'
import type { Security } from './security.ts'
import { upstreamTls } from './upstream-tls.ts'
import { duration, endpointAddress } from './values.ts'

interface Place {
  readonly tls: boolean
  readonly host: string
  readonly port: number
}

/** The cluster that leads to a key set: the service's own where it is one of the mesh. */
export function jwksCluster({ issuers }: Pick<Security, 'issuers'>, uri: string): string {
  const { tls, host, port } = placeOf(uri)
  return issuers.has(host) ? outboundCluster(port, '', host) : `jwks|${port}|${tls ? 'tls' : 'plaintext'}|${host}`
}

export function jwksClusters(security: Security): Cluster[] {
  const uris = security.tokens.flatMap(({ keys }) => (keys.kind === 'remote' && keys.uri !== '' ? [keys.uri] : []))
  const made = new Map<string, Cluster>()
  for (const uri of uris) {
    const place = placeOf(uri)
    const name = jwksCluster(security, uri)
    if (!security.issuers.has(place.host) && !made.has(name)) made.set(name, cluster(security.settings, name, place))
  }
  return [...made.values()]
}

export function placeOf(uri: string): Place {
  const { protocol, hostname, port } = new URL(uri)
  const tls = protocol === 'https:'
  return { tls, host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (tls ? 443 : 80) }
}

function cluster(settings: MeshSettings, name: string, { tls, host, port }: Place): Cluster {
  const context = { settings, subjectAltNames: [], http2: false, gatewayCredential: '' }
  return Cluster.fromPartial({
    name,
    connectTimeout: duration(settings.connectTimeoutMs),
    clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STRICT_DNS },
    respectDnsTtl: true,
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address: endpointAddress(host, port) } } }] }],
    },
    transportSocket: tls ? upstreamTls({ ...SIMPLE_TLS, sni: host, subjectAltNames: [host] }, context) : undefined,
  })
}
