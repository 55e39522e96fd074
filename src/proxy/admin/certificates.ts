/** GET /certs: the certificates that came as secrets, in Envoy's form (envoy.admin.v3.Certificates). Keys are not among it. */
import { X509Certificate } from 'node:crypto'
import { pemBlocks } from '../../lib/pem.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { SECRET } from '../../xds/wire/type-url.ts'
import type { ResourceStore } from '../config/resource-store.ts'
import { readDataSource } from '../tls/data-source.ts'
import { PeerCertificate } from '../tls/peer.ts'

const DAY_MS = 86_400_000

/** @param now milliseconds since the epoch */
export function certificateListing(store: ResourceStore, now: number): unknown {
  const certificates = store.all(SECRET).map(({ bytes }) => {
    const { type } = Secret.decode(bytes)
    const roots = type?.$case === 'validationContext' ? readDataSource('trusted_ca', type.value.trustedCa) : undefined
    const chain = type?.$case === 'tlsCertificate' ? readDataSource('certificate_chain', type.value.certificateChain) : undefined
    return { ca_cert: details(roots, now), cert_chain: details(chain, now) }
  })
  return { certificates }
}

function details(text: Buffer | undefined, now: number) {
  return pemBlocks(text?.toString() ?? '', 'CERTIFICATE').map(({ bytes }) => {
    const { serial, uriSans, dnsSans, validFrom, validUntil } = new PeerCertificate(new X509Certificate(bytes))
    return {
      path: '<inline>',
      serial_number: serial,
      subject_alt_names: [...uriSans.map(uri => ({ uri })), ...dnsSans.map(dns => ({ dns }))],
      days_until_expiration: String(Math.max(0, Math.floor((validUntil - now) / DAY_MS))),
      valid_from: new Date(validFrom).toISOString(),
      expiration_time: new Date(validUntil).toISOString(),
    }
  })
}
