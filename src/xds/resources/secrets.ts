/** Certificates of gateways as secret resources, from the namespace that the gateway runs in. */
import type { GatewayPort } from '../../model/gateway-ports.ts'
import type { Certificate, Mesh } from '../../model/mesh.ts'
import { DataSource } from '../gen/envoy/config/core/v3/base.ts'
import { Secret } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { EncodedResource } from '../wire/resource.ts'
import type { Encoder } from './encoded.ts'
import { authoritySecret, certificateSecret } from './names.ts'

/** Those that the listeners ask for and that exist; a listener waits for one that does not. */
export function gatewaySecrets(
  mesh: Mesh,
  namespace: string,
  ports: readonly GatewayPort[],
  encoder: Encoder,
): EncodedResource[] {
  const found = new Map<string, EncodedResource>()
  const add = (secret: Secret | undefined) => {
    if (secret) found.set(secret.name, encoder.encode(Secret, secret.name, secret))
  }
  const certificate = (name: string) => mesh.certificates.get(`${namespace}/${name}`)
  for (const { server } of ports.flatMap(port => port.servers)) {
    for (const name of server.tls?.credentials ?? []) {
      add(keyPair(certificateSecret(name), certificate(name)))
      add(authority(authoritySecret(name), certificate(`${name}-cacert`) ?? certificate(name)))
    }
    const ca = server.tls?.caCredential
    if (ca) add(authority(certificateSecret(ca), certificate(ca)))
  }
  return [...found.values()]
}

function keyPair(name: string, certificate: Certificate | undefined): Secret | undefined {
  if (!certificate || certificate.chain.length === 0) return undefined
  const value = { certificateChain: inline(certificate.chain), privateKey: inline(certificate.key) }
  return Secret.fromPartial({ name, type: { $case: 'tlsCertificate', value } })
}

function authority(name: string, certificate: Certificate | undefined): Secret | undefined {
  if (!certificate || certificate.authority.length === 0) return undefined
  const crl = certificate.revoked.length > 0 ? inline(certificate.revoked) : undefined
  return Secret.fromPartial({
    name,
    type: { $case: 'validationContext', value: { trustedCa: inline(certificate.authority), crl } },
  })
}

function inline(bytes: Uint8Array): DataSource {
  return DataSource.fromPartial({ specifier: { $case: 'inlineBytes', value: Buffer.from(bytes) } })
}
