/**
 * The bootstrap that both engines start from: who the proxy is, where its admin endpoint listens, and where its configuration comes
 * from (Envoy's envoy.config.bootstrap.v3.Bootstrap, with Istio's node id and metadata keys).
 */
import { isIP } from 'node:net'
import { Bootstrap } from '../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { Cluster, Cluster_DiscoveryType } from '../xds/gen/envoy/config/cluster/v3/cluster.ts'
import { Address } from '../xds/gen/envoy/config/core/v3/address.ts'
import type { Node } from '../xds/gen/envoy/config/core/v3/base.ts'
import { ApiConfigSource_ApiType, ApiVersion } from '../xds/gen/envoy/config/core/v3/config_source.ts'
import { HttpProtocolOptions } from '../xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options.ts'
import { IDENTITY } from '../xds/resources/node.ts'
import { pack } from '../xds/wire/any.ts'

/** What the control plane learns of a proxy from its first message. */
export interface ProxyIdentity {
  /** `sidecar` beside an application, `router` for a gateway. */
  readonly type: 'sidecar' | 'router'
  readonly pod: string
  readonly namespace: string
  /** Address of the pod; 127.0.0.1 where pods have none of their own. */
  readonly ip: string
  /** Name of the Deployment, or of the pod itself. */
  readonly workload: string
  readonly serviceAccount: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** How traffic reaches it (Istio's INTERCEPTION_MODE): NONE when applications address it themselves. */
  readonly interception: 'REDIRECT' | 'TPROXY' | 'NONE'
  /** DNS domain of its services. @default NAMESPACE.svc.cluster.local */
  readonly domain?: string
  /** Name in spans. @default the label app, or the workload, and the namespace */
  readonly cluster?: string
  /** Further metadata, which goes before what is said here. */
  readonly metadata?: Readonly<Record<string, string>>
}

/** Where configuration comes from: the control plane itself, or the agent beside the proxy; without TLS. */
export type ControlPlaneAddress = { readonly path: string } | { readonly host: string; readonly port: number }

export interface BootstrapOptions {
  readonly identity: ProxyIdentity
  /** Where the admin endpoint listens. */
  readonly admin: { readonly host: string; readonly port: number }
  readonly controlPlane: ControlPlaneAddress
  /** Unix socket by which the workload's agent gives it certificates. @default none: its proxy has no identity */
  readonly secrets?: string
}

const SDS_CLUSTER = 'sds-grpc'
const XDS_CLUSTER = 'xds-grpc'
/** Envoy's default program size of 100 refuses quite ordinary regular expressions; Istio raises it to this. */
const RE2_MAX_PROGRAM_SIZE = 32_768
/** All of a proxy's streams to the control plane share one connection, which no default limit may cut. */
const XDS_MAX_REQUESTS = 100_000

export function encodeBootstrap(options: BootstrapOptions): Uint8Array {
  return Bootstrap.encode(bootstrapOf(options)).finish()
}

export function bootstrapOf({ identity, admin, controlPlane, secrets }: BootstrapOptions): Bootstrap {
  const ads = {
    configSourceSpecifier: { $case: 'ads', value: {} },
    resourceApiVersion: ApiVersion.V3,
    // Wait for the control plane as long as it takes: a proxy that starts without configuration would answer 404.
    initialFetchTimeout: { seconds: 0, nanos: 0 },
  } as const
  return Bootstrap.fromPartial({
    node: nodeOf(identity, secrets !== undefined),
    admin: { address: socketAddress(admin.host, admin.port) },
    dynamicResources: {
      cdsConfig: ads,
      ldsConfig: ads,
      adsConfig: {
        apiType: ApiConfigSource_ApiType.DELTA_GRPC,
        transportApiVersion: ApiVersion.V3,
        setNodeOnFirstMessageOnly: true,
        grpcServices: [{ targetSpecifier: { $case: 'envoyGrpc', value: { clusterName: XDS_CLUSTER } } }],
      },
    },
    staticResources: {
      clusters: [grpcCluster(XDS_CLUSTER, controlPlane), ...(secrets ? [grpcCluster(SDS_CLUSTER, { path: secrets })] : [])],
    },
    layeredRuntime: {
      layers: [
        {
          name: 'static',
          layerSpecifier: {
            $case: 'staticLayer',
            value: { 're2.max_program_size.error_level': RE2_MAX_PROGRAM_SIZE },
          },
        },
      ],
    },
  })
}

/** Istio's node: `sidecar~10.0.0.7~cart-0.shop~shop.svc.cluster.local` and the metadata istiod reads. */
/** @param certified whether it has certificates of the mesh */
export function nodeOf(identity: ProxyIdentity, certified = true): Partial<Node> {
  const { type, ip, pod, namespace, workload, labels } = identity
  return {
    id: `${type}~${ip}~${pod}.${namespace}~${identity.domain ?? `${namespace}.svc.cluster.local`}`,
    cluster: identity.cluster ?? `${labels['app'] ?? workload}.${namespace}`,
    metadata: {
      NAME: pod,
      NAMESPACE: namespace,
      WORKLOAD_NAME: workload,
      OWNER: `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${workload}`,
      SERVICE_ACCOUNT: identity.serviceAccount,
      CLUSTER_ID: 'Kubernetes',
      MESH_ID: 'cluster.local',
      INSTANCE_IPS: ip,
      INTERCEPTION_MODE: identity.interception,
      // Both engines take virtual hosts one by one (VHDS): a changed rule sends one, not its port's whole table.
      VIRTUAL_HOSTS: 'apart',
      ...identity.metadata,
      LABELS: labels,
      ANNOTATIONS: certified ? identity.annotations : { ...identity.annotations, [IDENTITY]: 'false' },
    },
  }
}

const ADDRESS_KNOWN = { clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.STATIC } } as const
/** A Service's name leads to the same address as long as the Service lives. */
const NAME_KNOWN = {
  clusterDiscoveryType: { $case: 'type', value: Cluster_DiscoveryType.LOGICAL_DNS },
  dnsRefreshRate: { seconds: 300, nanos: 0 },
} as const

function grpcCluster(name: string, server: ControlPlaneAddress): Cluster {
  const address =
    'path' in server
      ? Address.fromPartial({ address: { $case: 'pipe', value: { path: server.path } } })
      : socketAddress(server.host, server.port)
  return Cluster.fromPartial({
    name,
    ...('path' in server || isIP(server.host) > 0 ? ADDRESS_KNOWN : NAME_KNOWN),
    connectTimeout: { seconds: 1, nanos: 0 },
    circuitBreakers: {
      thresholds: [{ maxConnections: XDS_MAX_REQUESTS, maxPendingRequests: XDS_MAX_REQUESTS, maxRequests: XDS_MAX_REQUESTS }],
    },
    typedExtensionProtocolOptions: {
      [HTTP_OPTIONS]: pack(HTTP_OPTIONS, HttpProtocolOptions, HttpProtocolOptions.fromPartial(HTTP2)),
    },
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { $case: 'endpoint', value: { address } } }] }],
    },
  })
}

const HTTP_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
const HTTP2 = {
  upstreamProtocolOptions: {
    $case: 'explicitHttpConfig',
    value: { protocolConfig: { $case: 'http2ProtocolOptions', value: {} } },
  },
} as const

function socketAddress(address: string, port: number): Address {
  return Address.fromPartial({
    address: { $case: 'socketAddress', value: { address, portSpecifier: { $case: 'portValue', value: port } } },
  })
}
