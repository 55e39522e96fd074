/** Certificates of gateways and of their clients' rules as secret resources, from the namespace that the proxy runs in. */
import type { GatewayPort } from '../../model/gateway-ports.ts'
import type { Certificate, Mesh } from '../../model/mesh.ts'
import { DataSource } from '../gen/envoy/config/core/v3/base.ts'
import { Secret } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { clusterInputs } from './cluster-inputs.ts'
import type { Encoder } from './encoded.ts'
import { authoritySecret, certificateSecret } from './secret-reference.ts'
import { ruleFor, type View } from './view.ts'

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
  const certificate = (name: string) => mesh.certificates.get(certificateKey(name, namespace))
  for (const { server } of ports.flatMap(port => port.servers)) {
    for (const name of server.tls?.credentials ?? []) {
      add(keyPair(certificateSecret(name), certificate(name)))
      add(authority(authoritySecret(name), certificate(`${name}-cacert`) ?? certificate(name)))
    }
    const ca = server.tls?.caCredential
    if (ca) add(authority(certificateSecret(ca), certificate(ca) ?? certificate(ca.replace(/-cacert$/, ''))))
  }
  return [...found.values()]
}

/** Those that traffic rules show to servers or check them with (credentialName), from the proxy's own namespace, and the one a gateway shows to backends. */
export function clientSecrets(mesh: Mesh, view: View, encoder: Encoder): EncodedResource[] {
  const names = new Set(
    view.scope.services.flatMap(service => {
      const rule = ruleFor(view, service)
      return clusterInputs(view, service, rule, undefined).flatMap(({ policy }) => policy?.tls?.credentialName || [])
    }),
  )
  const { backendCredential } = view
  const shown = backendCredential && mesh.certificates.get(certificateKey(backendCredential, view.namespace))
  const gatewayPair = shown ? keyPair(certificateSecret(backendCredential), shown) : undefined
  const own = gatewayPair ? [encoder.encode(Secret, gatewayPair.name, gatewayPair)] : []
  const named = [...names].flatMap(name => {
    const own = mesh.certificates.get(`${view.namespace}/${name}`)
    const ca = mesh.certificates.get(`${view.namespace}/${name}-cacert`) ?? own
    return [keyPair(certificateSecret(name), own), authority(authoritySecret(name), ca)].flatMap(secret =>
      secret ? [encoder.encode(Secret, secret.name, secret)] : [],
    )
  })
  return [...own, ...named]
}

/** A name with a scheme says its namespace itself; the scheme of a Secret is not part of its key. */
function certificateKey(name: string, namespace: string): string {
  if (!name.includes('://')) return `${namespace}/${name}`
  return name.startsWith(OF_ANY_NAMESPACE) ? name.slice(OF_ANY_NAMESPACE.length) : name
}

const OF_ANY_NAMESPACE = 'kubernetes-gateway://'

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
