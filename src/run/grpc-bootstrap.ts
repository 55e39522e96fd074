/**
 * What a gRPC application without a proxy starts from (gRFC A27; certificates: gRFC A29): where its configuration comes from, who it is, and
 * which files its certificates are in. In Istio's form, so that either's applications start from it. Pure.
 */
import path from 'node:path'
import { IDENTITY } from '../xds/resources/node.ts'

export interface GrpcBootstrapOptions {
  readonly node: {
    readonly id: string
    readonly cluster: string
    readonly metadata: Readonly<Record<string, unknown>>
    readonly locality?: { readonly region?: string; readonly zone?: string; readonly sub_zone?: string }
  }
  /** As gRPC names a target: "unix:///run/xds.sock", "dns:///istiod.istio-system.svc:15010". */
  readonly server: string
  /** Where key.pem, cert-chain.pem and root-cert.pem are, and are replaced; undefined: the application has no certificate. */
  readonly certificates: string | undefined
  /** How often the files are read again, seconds. @default 900 */
  readonly refreshSeconds?: number
}

/** Of certificates in a directory, as Istio's agent writes them (OUTPUT_CERTS). */
export const CERTIFICATE_FILES = { key: 'key.pem', chain: 'cert-chain.pem', roots: 'root-cert.pem' } as const

const REFRESH_SECONDS = 900
/** "%s" stands for the address that a server listens on. */
const SERVER_LISTENER = 'xds.istio.io/grpc/lds/inbound/%s'

export function grpcBootstrap({ node, server, certificates, refreshSeconds = REFRESH_SECONDS }: GrpcBootstrapOptions): string {
  const { locality = {}, metadata } = node
  const bootstrap = {
    xds_servers: [{ server_uri: server, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    node: { id: node.id, cluster: node.cluster, locality, metadata: { ...told(metadata, certificates), GENERATOR: 'grpc' } },
    ...(certificates !== undefined && { certificate_providers: { default: fileWatcher(certificates, refreshSeconds) } }),
    server_listener_resource_name_template: SERVER_LISTENER,
  }
  return `${JSON.stringify(bootstrap, null, 2)}\n`
}

/** Resources that name a certificate are refused by those who have none: the control plane must know. */
function told(metadata: Readonly<Record<string, unknown>>, certificates: string | undefined): Readonly<Record<string, unknown>> {
  if (certificates !== undefined) return metadata
  const { ANNOTATIONS: annotations } = metadata
  return { ...metadata, ANNOTATIONS: { ...(typeof annotations === 'object' ? annotations : {}), [IDENTITY]: 'false' } }
}

function fileWatcher(directory: string, refreshSeconds: number) {
  return {
    plugin_name: 'file_watcher',
    config: {
      certificate_file: path.join(directory, CERTIFICATE_FILES.chain),
      private_key_file: path.join(directory, CERTIFICATE_FILES.key),
      ca_certificate_file: path.join(directory, CERTIFICATE_FILES.roots),
      refresh_interval: `${refreshSeconds}s`,
    },
  }
}
