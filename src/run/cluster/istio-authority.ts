/** The roots in the keys of Istio's secret `istio-ca-secret`: ca-cert.pem and ca-key.pem sign, root-cert.pem is what is trusted. */
import { X509Certificate } from 'node:crypto'
import type { RootDocument, StoredRoot } from '../../identity/authority/root-document.ts'

/** Istio's certificates live so long, milliseconds: a root of its is trusted everywhere after that. */
const OVERLAP_MS = 86_400_000

/** @throws when the Secret holds no authority */
export function rootsOfIstio(data: (key: string) => string): RootDocument {
  const [certificate, key] = [data('ca-cert.pem'), data('ca-key.pem')]
  if (certificate === '' || key === '')
    throw new Error('Cannot use the secret of the authority: expected "ca-cert.pem" and "ca-key.pem"')
  const addedAt = new X509Certificate(certificate).validFromDate.getTime()
  return { roots: [{ certificate, key, addedAt, overlapMs: OVERLAP_MS }], revoked: [] }
}

export function istioAuthority({ roots }: RootDocument, now: number): Readonly<Record<string, string>> {
  const [first, ...later] = roots
  const signing: StoredRoot = later.findLast(root => now >= root.addedAt + root.overlapMs) ?? first
  return {
    'ca-cert.pem': signing.certificate,
    'ca-key.pem': signing.key,
    'root-cert.pem': roots.map(({ certificate }) => certificate).join(''),
  }
}
