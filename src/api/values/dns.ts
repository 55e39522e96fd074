/**
 * Checks of names that DNS knows. As in Istio upper case is allowed in hosts; Kubernetes' own names are lower case. A check returns what
 * is wrong, or undefined.
 */

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/
const WILDCARD_LABEL = /^\*(?:-?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)?$/
const KUBERNETES_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/

export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text)
}

/** A name without dots: letters, digits and dashes, at most 63. @param what what the text should be, for the sentence */
export function checkDnsLabel(text: string, what: string): string | undefined {
  if (isDnsLabel(text)) return undefined
  return `${JSON.stringify(text)} is not ${what}: expected at most 63 letters, digits and "-", with a letter or digit at both ends`
}

/** metadata.name of most kinds: lower-case labels separated by dots. */
export function checkObjectName(text: string): string | undefined {
  if (text.length <= 253 && text.split('.').every(label => KUBERNETES_LABEL.test(label))) return undefined
  return `${JSON.stringify(text)} is not a Kubernetes name: expected lower-case letters, digits, "-" and ".", with a letter or digit at both ends`
}

/** metadata.namespace, and the name of a Namespace or Service. */
export function checkNamespaceName(text: string): string | undefined {
  if (text.length <= 63 && KUBERNETES_LABEL.test(text)) return undefined
  return `${JSON.stringify(text)} is not a Kubernetes namespace: expected at most 63 lower-case letters, digits and "-"`
}

/** A trust domain: labels with dots between them; one dot at the end is allowed. */
export function checkTrustDomain(text: string): string | undefined {
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.')
  if (labels.every(isDnsLabel)) return undefined
  return `${JSON.stringify(text)} is not a trust domain: expected one such as "cluster.local"`
}

/** A whole name without wildcard; one dot at the end is allowed, and a last label of digits only (an IP address) is not. */
export function checkFqdn(text: string): string | undefined {
  return checkDomain(text, false)
}

/** A name whose first label may be "*", "*suffix" or "*-suffix". */
export function checkWildcardDomain(text: string): string | undefined {
  return checkDomain(text, true)
}

function checkDomain(text: string, wildcard: boolean): string | undefined {
  const quoted = JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text)
  const expected = wildcard
    ? 'expected a DNS name such as "reviews", "api.example.com" or "*.example.com"'
    : 'expected a DNS name without wildcard'
  if (text === '') return `an empty host is not a DNS name: ${expected}`
  if (text.length > 255) return `${quoted} is ${text.length} characters long: expected at most 255`
  const labels = (text.endsWith('.') ? text.slice(0, -1) : text).split('.')
  for (const [index, label] of labels.entries()) {
    if (wildcard && index === 0 && WILDCARD_LABEL.test(label) && label.length <= 64) continue
    if (label.includes('*'))
      return `${quoted} has a wildcard ${wildcard ? 'that is not at its beginning' : 'where none is allowed'}: ${expected}`
    if (!isDnsLabel(label)) return `${quoted} is not a DNS name because of ${JSON.stringify(label)}: ${expected}`
  }
  if (/^\d+$/.test(labels.at(-1) ?? '')) return `${quoted} ends in a number and so is not a DNS name: ${expected}`
  return undefined
}

/** "*foo.com": Istio's proxies match it as if a dot stood there, or not at all, so kinds warn of it or refuse it. */
export function isPartialWildcard(text: string): boolean {
  return text.startsWith('*') && text !== '*' && !text.startsWith('*.')
}

/** Whether some host could be meant by both; either may be a wildcard. */
export function hostsOverlap(a: string, b: string): boolean {
  if (a.startsWith('*') && b.startsWith('*')) return a.length < b.length ? b.endsWith(a.slice(1)) : a.endsWith(b.slice(1))
  return isHostWithin(a, b) || isHostWithin(b, a)
}

/** Whether every host that `a` stands for is also one of `b`'s. */
export function isHostWithin(a: string, b: string): boolean {
  if (!b.startsWith('*')) return a === b
  return (a.startsWith('*') ? a.slice(1) : a).endsWith(b.slice(1))
}
