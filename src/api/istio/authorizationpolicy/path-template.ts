/** Paths with {*} (one segment) and {**} (any number of segments, as the last operator), as Envoy's URI templates have them. */

/** Characters that may stand in a segment beside operators (RFC 3986 pchar). */
const LITERAL = /^[-a-zA-Z0-9._~%!$&'()+,;:@=]+$/

export function isPathTemplate(path: string): boolean {
  return path.includes('{*}') || path.includes('{**}')
}

/** Also for paths that are none, in which braces are most likely a template with a mistake. @returns what is wrong, or undefined */
export function checkPathTemplate(path: string): string | undefined {
  const template = isPathTemplate(path)
  let restIsTaken = false
  for (const segment of path.replace(/^\/+|\/+$/g, '').split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (restIsTaken) return `${JSON.stringify(path)} has ${segment} after {**}: expected {**} to be the last of them`
      restIsTaken = segment === '{**}'
    } else if (/[{}]/.test(segment))
      return `${JSON.stringify(path)} has a brace in ${JSON.stringify(segment)}: expected {*} or {**} as a whole segment`
    else if (template && !LITERAL.test(segment))
      return `${JSON.stringify(path)} has ${JSON.stringify(segment)} as a segment: expected letters, digits and "-._~%!$&'()+,;:@=", no "*"`
  }
  return undefined
}
