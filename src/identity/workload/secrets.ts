/** A workload's certificate as SDS secrets, under Istio's names. */
import type { DataSource } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { WorkloadCertificate } from './workload-identity.ts'

export const CERTIFICATE_SECRET = 'default'
export const ROOTS_SECRET = 'ROOTCA'

/** Trust first: who gets one after the other never shows a certificate that it would not accept itself. */
export function secretsOf({ chain, key, roots, revoked }: WorkloadCertificate): [roots: Secret, certificate: Secret] {
  return [
    Secret.fromPartial({
      name: ROOTS_SECRET,
      type: { $case: 'validationContext', value: { trustedCa: inline(roots), ...(revoked && { crl: inline(revoked) }) } },
    }),
    Secret.fromPartial({
      name: CERTIFICATE_SECRET,
      type: { $case: 'tlsCertificate', value: { certificateChain: inline(chain), privateKey: inline(key) } },
    }),
  ]
}

function inline(text: string): DataSource {
  return { specifier: { $case: 'inlineBytes', value: Buffer.from(text) }, watchedDirectory: undefined }
}
