/** Who a workload is: a SPIFFE id in Istio's form, `spiffe://cluster.local/ns/shop/sa/cart`. */

export interface Identity {
  readonly trustDomain: string
  readonly namespace: string
  readonly serviceAccount: string
}

export const DEFAULT_TRUST_DOMAIN = 'cluster.local'

export function spiffeId({ trustDomain, namespace, serviceAccount }: Identity): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}

/** SPIFFE-ID specification 2.1 and 2.2, of which Istio uses the form with two pairs. */
const ID = /^spiffe:\/\/([a-z0-9._-]{1,255})\/ns\/([a-zA-Z0-9._-]+)\/sa\/([a-zA-Z0-9._-]+)$/

/** @returns undefined: not an id of that form */
export function parseSpiffeId(text: string): Identity | undefined {
  const [, trustDomain, namespace, serviceAccount] = ID.exec(text) ?? []
  if (trustDomain === undefined || namespace === undefined || serviceAccount === undefined) return undefined
  // "." and ".." are segments of paths to some, and never names.
  if ([namespace, serviceAccount].some(name => /^\.+$/.test(name))) return undefined
  return { trustDomain, namespace, serviceAccount }
}
