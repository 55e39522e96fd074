/** References to certificates: Secrets with a certificate and its key, and the authorities that others are checked against. */
import { X509Certificate } from 'node:crypto'
import type { ObjectReference, SecretObjectReference } from '../../api/gateway/references.ts'
import type { ObjectHead } from '../../api/object.ts'
import type { Secret } from '../../api/registry.ts'
import { remembering } from '../../lib/identity-memo.ts'
import { compileCertificate } from '../certificate.ts'
import type { Refusal } from './conditions.ts'
import type { World } from './world.ts'

/** How secret resources of the Gateway API are called (Istio's form, which says the namespace). */
const CREDENTIAL = 'kubernetes-gateway://'
export const AUTHORITY = 'configmap://'

export type Resolution<T> = { readonly found: T } | { readonly refusal: Refusal }

/** @param from the Gateway or ListenerSet, whose namespace counts @returns the name of the secret resource */
export function certificateRef(ref: SecretObjectReference, from: ObjectHead, world: World): Resolution<string> {
  const { group = '', kind = 'Secret', name, namespace = from.namespace } = ref
  const invalid = (why: string): Resolution<string> => ({
    refusal: { reason: 'InvalidCertificateRef', message: `certificate ${kind} "${namespace}/${name}" ${why}` },
  })
  if (group !== '' || kind !== 'Secret') return invalid('cannot be used: expected a Secret')
  if (!world.permits(from, { group, kind, namespace, name })) return { refusal: notPermitted(kind, namespace, name, from) }
  const secret = world.secret(namespace, name)
  if (!secret) return invalid('does not exist')
  return isKeyPair(secret) ? { found: `${CREDENTIAL}${namespace}/${name}` } : invalid('holds no certificate and key in PEM')
}

/** @returns the name of the secret resource */
export function authorityRef(ref: ObjectReference, from: ObjectHead, world: World): Resolution<string> {
  const { group, kind, name, namespace = from.namespace } = ref
  if (group !== '' || (kind !== 'ConfigMap' && kind !== 'Secret'))
    return {
      refusal: { reason: 'InvalidCACertificateKind', message: `${kind} "${name}" holds no authorities: expected a ConfigMap` },
    }
  if (!world.permits(from, { group, kind, namespace, name })) return { refusal: notPermitted(kind, namespace, name, from) }
  const pem = authorityPem(kind, namespace, name, world)
  if (pem === undefined)
    return {
      refusal: {
        reason: 'InvalidCACertificateRef',
        message: `${kind} "${namespace}/${name}" does not exist or holds no certificates in its key "ca.crt"`,
      },
    }
  return { found: kind === 'Secret' ? `${CREDENTIAL}${namespace}/${name}-cacert` : `${AUTHORITY}${namespace}/${name}` }
}

/** The certificates under "ca.crt"; undefined: there are none that can be read. */
export function authorityPem(kind: string, namespace: string, name: string, world: World): string | undefined {
  const secret = kind === 'Secret' ? world.secret(namespace, name) : undefined
  const certificate = secret && compileCertificate(secret)
  const pem = secret
    ? Buffer.from(certificate?.authority ?? []).toString()
    : world.configMap(namespace, name)?.spec.data?.['ca.crt']
  return pem && isCertificate(pem) ? pem : undefined
}

function notPermitted(kind: string, namespace: string, name: string, from: ObjectHead): Refusal {
  const message = `${kind} "${namespace}/${name}" may not be used from namespace "${from.namespace}": expected a ReferenceGrant for kind ${from.kind} there`
  return { reason: 'RefNotPermitted', message }
}

const isKeyPair = remembering((secret: Secret): boolean => {
  const certificate = compileCertificate(secret)
  return (
    certificate !== undefined &&
    isCertificate(Buffer.from(certificate.chain).toString()) &&
    Buffer.from(certificate.key).toString().includes('PRIVATE KEY-----')
  )
})

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}
