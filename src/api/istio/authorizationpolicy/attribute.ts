/** The keys of conditions: which attribute of a request or connection they mean. */

/** Attributes that stand alone. */
const PLAIN = [
  'source.ip',
  'remote.ip',
  'source.namespace',
  'source.serviceAccount',
  'source.principal',
  'source.trustDomain',
  'request.auth.principal',
  'request.auth.audiences',
  'request.auth.presenter',
  'destination.ip',
  'destination.port',
  'connection.sni',
] as const

export type PlainAttribute = (typeof PLAIN)[number]

export type Attribute =
  | { readonly kind: PlainAttribute }
  | { readonly kind: 'request.headers'; readonly name: string }
  /** From outside in: `request.auth.claims[realm][roles]`. */
  | { readonly kind: 'request.auth.claims'; readonly path: readonly string[] }
  /** A value that some filter left: `experimental.envoy.filters.a.b[c]` is "c" of "envoy.filters.a.b". */
  | { readonly kind: 'metadata'; readonly filter: string; readonly path: readonly string[] }

const EXPERIMENTAL = 'experimental.'

/** @returns undefined: there is no such attribute, or its brackets are wrong */
export function parseAttribute(key: string): Attribute | undefined {
  const plain = PLAIN.find(name => name === key)
  if (plain !== undefined) return { kind: plain }
  const parts = /^([^[\]]+)((?:\[[^[\]]+\])+)$/.exec(key)
  const [, name = '', brackets = ''] = parts ?? []
  const path = brackets.slice(1, -1).split('][')
  const [first = ''] = path
  if (name === 'request.headers' && path.length === 1) return { kind: name, name: first }
  if (name === 'request.auth.claims') return { kind: name, path }
  if (name.startsWith(`${EXPERIMENTAL}envoy.filters.`)) return { kind: 'metadata', filter: name.slice(EXPERIMENTAL.length), path }
  return undefined
}

/** Attributes that only HTTP requests have: on other connections they match nothing. */
export function isHttpAttribute({ kind }: Attribute): boolean {
  return kind.startsWith('request.')
}

/** Attributes of who is asking, which an external authorizer is to judge by itself. */
export function isIdentityAttribute({ kind }: Attribute): boolean {
  switch (kind) {
    case 'source.namespace':
    case 'source.principal':
    case 'source.serviceAccount':
    case 'source.trustDomain':
      return true
    default:
      return kind.startsWith('request.auth.')
  }
}
