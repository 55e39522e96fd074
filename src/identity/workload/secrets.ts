/** A workload's certificate as SDS secrets, under Istio's names. */
import { pemBlocks } from '../../lib/pem.ts'
import type { DataSource } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { WorkloadCertificate } from './workload-identity.ts'

export const CERTIFICATE_SECRET = 'default'
export const ROOTS_SECRET = 'ROOTCA'

/** Trust first: who gets one after the other never shows a certificate that it would not accept itself. */
export function secretsOf({ chain, key, roots, revoked }: WorkloadCertificate): [roots: Secret, certificate: Secret] {
  return [
    rootsSecret(roots, revoked),
    Secret.fromPartial({
      name: CERTIFICATE_SECRET,
      type: { $case: 'tlsCertificate', value: { certificateChain: inline(chain), privateKey: inline(key) } },
    }),
  ]
}

/** @param roots PEM @param revoked PEM; '' when nothing is */
export function rootsSecret(roots: string, revoked: string): Secret {
  return Secret.fromPartial({
    name: ROOTS_SECRET,
    type: { $case: 'validationContext', value: { trustedCa: inline(roots), ...(revoked && { crl: inline(revoked) }) } },
  })
}

/** @returns undefined: it is no such secret @throws when it has no roots in it */
export function readRootsSecret({ name, type }: Secret): { readonly roots: string; readonly revoked: string } | undefined {
  if (name !== ROOTS_SECRET || type?.$case !== 'validationContext') return undefined
  const roots = textOf(type.value.trustedCa)
  if (pemBlocks(roots, 'CERTIFICATE').length === 0) throw new Error(`Cannot trust what "${name}" holds: expected certificates`)
  return { roots, revoked: textOf(type.value.crl) }
}

function textOf(source: DataSource | undefined): string {
  const specifier = source?.specifier
  if (specifier?.$case === 'inlineBytes') return Buffer.from(specifier.value).toString()
  return specifier?.$case === 'inlineString' ? specifier.value : ''
}

function inline(text: string): DataSource {
  return { specifier: { $case: 'inlineBytes', value: Buffer.from(text) }, watchedDirectory: undefined }
}
