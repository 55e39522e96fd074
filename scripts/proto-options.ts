/**
 * Removes custom options ("annotations" for validators and doc tools) from .proto text. Without them the files compile alone,
 * and no code is generated for rules that nothing here reads.
 */
const CUSTOM_OPTION = /\((?:validate|udpa\.annotations|xds\.annotations\.v3|envoy\.annotations|google\.api)\b[^)]*\)/
const ANNOTATION_IMPORT =
  /^import (?:public )?"(?:validate\/validate|(?:udpa|envoy)\/annotations\/\w+|xds\/annotations\/v3\/\w+|google\/api\/(?:annotations|http))\.proto";\n/gm

export function withoutCustomOptions(proto: string): string {
  const source = proto.replace(ANNOTATION_IMPORT, '')
  let out = ''
  let at = 0
  for (;;) {
    const rest = source.slice(at)
    const found = CUSTOM_OPTION.exec(rest)
    if (!found) return out + rest
    const before = rest.slice(0, found.index)
    const end = endOfValue(source, at + found.index + found[0].length)
    if (/option\s*$/.test(before)) {
      // A statement of its own: `option (x) = value;`
      out += before.replace(/option\s*$/, '')
      at = end + 1
    } else if (source[end] === ',') {
      // First or middle element of `[a, b]`.
      out += before
      at = end + 1
    } else {
      // Last element of a list: take the comma before it too, and the list itself if nothing is left in it.
      out = (out + before).replace(/,\s*$/, '')
      const empty = /\[\s*$/.test(out)
      out = empty ? out.replace(/\s*\[\s*$/, '') : out
      at = empty ? end + 1 : end
    }
  }
}

/** Index of the character that ends an option's value: the `,`, `]` or `;` that belongs to the level around it. */
function endOfValue(source: string, from: number): number {
  let depth = 0
  let quote = ''
  for (let i = from; i < source.length; i++) {
    const c = source.charAt(i)
    if (quote) {
      if (c === '\\') i++
      else if (c === quote) quote = ''
    } else if (c === '"' || c === "'") quote = c
    else if ('{[('.includes(c)) depth++
    else if ('}])'.includes(c)) {
      if (depth === 0) return i
      depth--
    } else if ((c === ',' || c === ';') && depth === 0) return i
  }
  throw new Error(`Cannot strip options from proto text: an option that starts at offset ${from} has no end`)
}
