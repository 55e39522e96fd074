/** Who the control plane is, by its certificate: workloads tell by it that the control plane is asking, and not somebody else of the mesh. */
import { X509Certificate } from 'node:crypto'
import { type Identity, parseSpiffeId, spiffeId } from './spiffe.ts'

export function controlPlaneIdentity(trustDomain: string): Identity {
  return { trustDomain, namespace: 'istio-system', serviceAccount: 'mizzen' }
}

/** @param names of the caller's certificate, as Node tells them: "DNS:istiod, URI:spiffe://..." @param own chain of one's own certificate, which says the trust domain; PEM */
export function isControlPlane(names: string, own: string): boolean {
  const mine = own === '' ? [] : namesOf(new X509Certificate(own).subjectAltName ?? '')
  const domains = mine.flatMap(name => parseSpiffeId(name)?.trustDomain ?? [])
  const theirs = namesOf(names)
  return domains.some(domain => theirs.includes(spiffeId(controlPlaneIdentity(domain))))
}

/** The URIs of "DNS:istiod, URI:spiffe://cluster.local/ns/shop/sa/cart". Whatever Node had to quote is no name of the mesh. */
export function namesOf(subjectAltName: string): string[] {
  return subjectAltName.split(', ').flatMap(name => (name.startsWith('URI:') ? [name.slice('URI:'.length)] : []))
}
