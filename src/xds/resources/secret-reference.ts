/** References to credentials (Kubernetes Secrets) that the control plane sends over the stream that everything else comes on. */
import { SdsSecretConfig } from '../gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { FROM_ADS } from './values.ts'

/** A certificate with its key. */
export function certificateSecret(credential: string): string {
  return credential.includes('://') ? credential : `kubernetes://${credential}`
}

/** The authority that the other side's certificate is checked against. */
export function authoritySecret(credential: string): string {
  return `${certificateSecret(credential)}-cacert`
}

export function adsSecret(name: string): SdsSecretConfig {
  return SdsSecretConfig.fromPartial({ name, sdsConfig: FROM_ADS })
}
