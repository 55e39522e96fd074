/** YAML in colours, as far as single lines tell: enough to find one's way. Pure. */
export interface Piece {
  readonly text: string
  readonly kind: 'key' | 'text' | 'number' | 'comment' | 'mark' | ''
}

export function highlighted(line: string): Piece[] {
  const comment = /(^|\s)#.*$/.exec(line)
  const code = comment ? line.slice(0, comment.index + (comment[1]?.length ?? 0)) : line
  const pieces = /^---\s*$/.test(code) ? [{ text: code, kind: 'mark' as const }] : codePieces(code)
  return comment ? [...pieces, { text: line.slice(code.length), kind: 'comment' }] : pieces
}

function codePieces(code: string): Piece[] {
  const [, lead = '', key, colon = '', rest = ''] = /^(\s*(?:- +)*)(?:([\w./"'-]+)(:(?:\s|$)))?(.*)$/.exec(code) ?? []
  if (key === undefined) return [{ text: lead, kind: 'mark' }, ...valuePieces(code.slice(lead.length))]
  return [{ text: lead, kind: 'mark' }, { text: key, kind: 'key' }, { text: colon, kind: 'mark' }, ...valuePieces(rest)]
}

function valuePieces(text: string): Piece[] {
  if (text === '') return []
  return [{ text, kind: /^\s*(-?\d[\d.]*(ms|s|m|h)?|true|false|null)\s*$/.test(text) ? 'number' : 'text' }]
}
