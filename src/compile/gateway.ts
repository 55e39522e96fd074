/** Gateways (networking.istio.io). */
import type { Server, ServerTLSSettings } from '../api/istio/gateway/schema.ts'
import type { Gateway as GatewayObject } from '../api/registry.ts'
import type { Gateway, GatewayServer, ServerTls } from '../model/gateway.ts'
import { parseScopedHost } from '../model/host.ts'
import { parseProtocol } from '../model/protocol.ts'
import { isHash, isSpki, NOBODYS_HASH, NOBODYS_SPKI } from './certificate-hash.ts'
import { originOf } from './origin.ts'

export function compileGateway(object: GatewayObject): Gateway {
  const { spec, namespace, name } = object
  return {
    name,
    namespace,
    selector: spec.selector ?? {},
    servers: (spec.servers ?? []).map((server, index) => compileServer(object, server, index)),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

function compileServer(object: GatewayObject, server: Server, index: number): GatewayServer {
  return {
    port: server.port.number ?? 0,
    portName: server.port.name ?? '',
    protocol: parseProtocol(server.port.protocol ?? ''),
    bind: server.bind ?? '',
    hosts: server.hosts.map(host => parseScopedHost(host.toLowerCase(), object.namespace)),
    tls: server.tls && compileTls(server.tls),
    name: server.name ?? '',
    origin: originOf(object, ['spec', 'servers', index]),
  }
}

const MODES: Readonly<Record<string, ServerTls['mode']>> = {
  PASSTHROUGH: 'passthrough',
  AUTO_PASSTHROUGH: 'auto-passthrough',
  SIMPLE: 'simple',
  MUTUAL: 'mutual',
  OPTIONAL_MUTUAL: 'optional-mutual',
  ISTIO_MUTUAL: 'mesh',
}

function compileTls(tls: ServerTLSSettings): ServerTls {
  const files = tls.tlsCertificates ?? (tls.serverCertificate || tls.privateKey ? [tls] : [])
  return {
    mode: MODES[tls.mode ?? 'PASSTHROUGH'] ?? 'passthrough',
    httpsRedirect: tls.httpsRedirect ?? false,
    certificates: files.map(entry => ({ certificate: entry.serverCertificate ?? '', key: entry.privateKey ?? '' })),
    ca: tls.caCertificates ?? '',
    crl: tls.caCrl ?? '',
    credentials: tls.credentialNames ?? (tls.credentialName ? [tls.credentialName] : []),
    caCredential: tls.caCertCredentialName ?? '',
    subjectAltNames: tls.subjectAltNames ?? [],
    spki: (tls.verifyCertificateSpki ?? []).map(text => (isSpki(text) ? text : NOBODYS_SPKI)),
    hashes: (tls.verifyCertificateHash ?? []).map(text => (isHash(text) ? text : NOBODYS_HASH)),
    minVersion: version(tls.minProtocolVersion),
    maxVersion: version(tls.maxProtocolVersion),
    cipherSuites: tls.cipherSuites ?? [],
  }
}

/** "TLSV1_2" -> "1.2"; "" leaves it to the data plane. */
function version(name: string | undefined): string {
  return name?.startsWith('TLSV') ? name.slice(4).replace('_', '.') : ''
}
