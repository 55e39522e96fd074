/** What `mizzen expand` makes: Istio objects as plain data, and what cannot be said in them. */

export interface IstioObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: Readonly<Record<string, unknown>>
}

export interface Expansion {
  readonly objects: readonly IstioObject[]
  /** "RateLimit shop/reviews: Istio has no kind for rate limits" */
  readonly notes: readonly string[]
}

export function istio(group: string, kind: string, name: string, namespace: string, spec: object): IstioObject {
  return { apiVersion: `${group}.istio.io/v1`, kind, metadata: { name, namespace }, spec: compact(spec) }
}

/** Without fields that say nothing. */
function compact(message: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(message).flatMap(([name, value]) => {
      const short = shorten(value)
      return short === undefined ? [] : [[name, short] as const]
    }),
  )
}

function shorten(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(item => shorten(item) ?? {})
  if (typeof value === 'object' && value !== null) return compact(value)
  return value
}

export function durationText(ms: number | undefined): string | undefined {
  if (ms === undefined) return undefined
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`
}
