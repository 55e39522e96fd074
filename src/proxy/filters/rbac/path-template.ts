/** Envoy's URI templates, as far as matching goes: "*" is one segment that is not empty, "**" any number of characters, literals are themselves. */

const NAMED = /^\{([A-Za-z_][A-Za-z0-9_]*)(?:=([^{}]*))?\}$/
/** A character that may stand in a path segment (RFC 3986 pchar), as Envoy has it. */
const SEGMENT = "[a-zA-Z0-9\\-._~%!$&'()+,;:@=]"

/** @throws on a template that Envoy refuses */
export function compilePathTemplate(template: string): (path: string) => boolean {
  if (!template.startsWith('/')) throw new Error(`path template "${template}" does not begin with "/"`)
  let restIsTaken = false
  const segments = template
    .slice(1)
    .split('/')
    .map(segment => {
      const operator = NAMED.exec(segment)?.[2] ?? (NAMED.test(segment) ? '*' : segment)
      if (operator !== '*' && operator !== '**') {
        if (/[{}*]/.test(segment))
          throw new Error(`path template "${template}" has "${segment}", expected an operator as a whole segment`)
        return segment.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
      }
      if (restIsTaken) throw new Error(`path template "${template}" has an operator after "**"`)
      restIsTaken = operator === '**'
      return restIsTaken ? '(?:[^?#\\n]*)' : `${SEGMENT}+`
    })
  // Linear: only character classes and one star that nothing overlaps but literals.
  const expression = new RegExp(`^/${segments.join('/')}$`)
  return path => expression.test(path)
}
