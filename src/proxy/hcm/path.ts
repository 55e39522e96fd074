/**
 * Path normalization as Envoy does it when `normalize_path` is set: RFC 3986 section 6.2.2 (dot segments, unreserved characters that were
 * escaped without need) plus backslashes as slashes; then merged slashes and escaped slashes, each when asked for.
 */
export type EscapedSlashes = 'keep' | 'reject' | 'redirect' | 'decode'

export interface PathRules {
  readonly normalize: boolean
  readonly mergeSlashes: boolean
  readonly escapedSlashes: EscapedSlashes
}

export type NormalizedPath =
  | { readonly action: 'continue' | 'redirect'; readonly path: string }
  /** It can't be brought into a normal form, or the rules refuse it: 400. */
  | { readonly action: 'reject' }

/** @param path with its query, beginning with "/" */
export function normalizePath(path: string, rules: PathRules): NormalizedPath {
  const end = endOfPath(path)
  let text = path.slice(0, end)
  let action: 'continue' | 'redirect' = 'continue'
  // Envoy's order: escaped slashes first, so that what they uncover is normalized too.
  if (rules.escapedSlashes !== 'keep' && ESCAPED_SLASH.test(text)) {
    if (rules.escapedSlashes === 'reject') return { action: 'reject' }
    if (rules.escapedSlashes === 'redirect') action = 'redirect'
    text = text.replace(/%2f/gi, '/').replace(/%5c/gi, '\\')
  }
  if (rules.normalize) {
    const normal = canonical(text)
    if (normal === undefined) return { action: 'reject' }
    text = normal
  }
  if (rules.mergeSlashes) text = text.replace(/\/{2,}/g, '/')
  return { action, path: text + path.slice(end) }
}

/** Whether `normalizePath` could change or refuse this path: the common one is looked at only once and left alone. */
export function needsNormalization(path: string, rules: PathRules): boolean {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === QUESTION_MARK || c === HASH) return false
    if (c === PERCENT || c === BACKSLASH) return true
    if (c === SLASH) {
      const next = path.charCodeAt(i + 1)
      if (next === DOT || (next === SLASH && rules.mergeSlashes)) return true
    }
    if (rules.normalize && ESCAPED_BY_US.includes(path.charAt(i))) return true
  }
  return false
}

const SLASH = 0x2f
const DOT = 0x2e
const PERCENT = 0x25
const BACKSLASH = 0x5c
const QUESTION_MARK = 0x3f
const HASH = 0x23
const ESCAPED_SLASH = /%(?:2f|5c)/i
/** Characters that are escaped instead of refused. Control characters and bytes above 0x7e never get past the codec. */
const ESCAPED_BY_US = '"<>^`{|}'

function endOfPath(path: string): number {
  for (let i = 0; i < path.length; i++) {
    const c = path.charCodeAt(i)
    if (c === QUESTION_MARK || c === HASH) return i
  }
  return path.length
}

function canonical(path: string): string | undefined {
  let unescaped = ''
  for (let i = 0; i < path.length; i++) {
    const c = path.charAt(i)
    if (c === '%') {
      const sequence = path.slice(i, i + 3)
      if (sequence === '%00') return undefined
      // What is no sequence stays as it is.
      const character = /^%[0-9a-f]{2}$/i.test(sequence) ? String.fromCharCode(Number.parseInt(sequence.slice(1), 16)) : ''
      const unreserved = /[A-Za-z0-9\-._~]/.test(character)
      unescaped += unreserved ? character : c
      if (unreserved) i += 2
    } else if (c === '\\') unescaped += '/'
    else if (ESCAPED_BY_US.includes(c)) unescaped += `%${c.charCodeAt(0).toString(16).toUpperCase()}`
    else unescaped += c
  }
  return withoutDotSegments(unescaped)
}

/** RFC 3986 section 5.2.4, for an absolute path. */
function withoutDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.split('/')
  for (const [i, segment] of segments.entries()) {
    const last = i === segments.length - 1
    if (segment === '.') {
      if (last) kept.push('')
    } else if (segment === '..') {
      if (kept.length > 1) kept.pop()
      if (last) kept.push('')
    } else kept.push(segment)
  }
  return kept.join('/')
}
