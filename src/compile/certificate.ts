/** Secrets that hold certificates, in Kubernetes' keys or the generic ones. */
import type { Secret } from '../api/registry.ts'
import type { Certificate } from '../model/mesh.ts'

const EMPTY = new Uint8Array()

/** undefined: a secret of another kind. */
export function compileCertificate(object: Secret): Certificate | undefined {
  const chain = read(object, 'tls.crt', 'cert')
  const key = read(object, 'tls.key', 'key')
  const authority = read(object, 'ca.crt', 'cacert')
  const revoked = read(object, 'ca.crl', 'crl')
  if (!(chain && key) && !authority) return undefined
  const { namespace, name } = object
  return { namespace, name, chain: chain ?? EMPTY, key: key ?? EMPTY, authority: authority ?? EMPTY, revoked: revoked ?? EMPTY }
}

function read({ spec }: Secret, ...keys: readonly string[]): Uint8Array | undefined {
  for (const key of keys) {
    const text = spec.stringData?.[key]
    if (text !== undefined) return Buffer.from(text)
    const encoded = spec.data?.[key]
    if (encoded !== undefined) return Buffer.from(encoded, 'base64')
  }
  return undefined
}
