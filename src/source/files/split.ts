/**
 * Cuts a file's text into pieces that can be parsed one by one: its YAML documents, and the items of a long list (a dump of a cluster is
 * one document of many megabytes, whose syntax tree would need a hundred times that). Pieces that did not change need not be parsed again.
 */

export interface Piece {
  readonly text: string
  /** Lines of the file before it. */
  readonly before: number
}

/** From this size on a list is cut into its items. */
const LONG = 256 * 1024

/** Documents are divided by lines that begin with "---", which nothing inside a document may do. */
export function splitDocuments(text: string): Piece[] {
  const starts = [0]
  const marker = /^(?:---(?=[ \t\r\n]|$)|\.\.\.[ \t]*\r?$)/gm
  for (let match = marker.exec(text); match; match = marker.exec(text)) {
    if (match.index > 0 && !isDirective(text.slice(starts.at(-1), match.index))) starts.push(match.index)
  }
  return pieces(text, starts, 0).map(piece =>
    piece.text.startsWith('...') ? { ...piece, text: `#${piece.text.slice(1)}` } : piece,
  )
}

/** "%YAML 1.2" and the like stand before the document that they are about, and before its "---". */
function isDirective(text: string): boolean {
  return /^%/m.test(text) && /^(?:\.\.\..*\n)?(?:[ \t]*(?:#.*)?\r?\n|%.*\n)*$/.test(text)
}

/** The items of a long List in block form, each indented as it was; undefined when the text is none, or is better read whole. */
export function splitList(piece: Piece): Piece[] | undefined {
  const { text } = piece
  if (text.length < LONG || !/^kind:[ \t]*["']?\w*List\b/m.test(text)) return undefined
  const head = /^items:[ \t]*\r?\n(?:[ \t]*(?:#.*)?\r?\n)*( *)-[ \t]/m.exec(text)
  if (!head) return undefined
  const indent = head[1] ?? ''
  const first = head.index + head[0].length - indent.length - 2
  const rest = new RegExp(`^${indent}(?:-(?=[ \\t\\r\\n])|(?=[^ \\t\\r\\n#-]))|^(?=[^ \\t\\r\\n#-])`, 'gm')
  rest.lastIndex = first
  const starts: number[] = []
  let end = text.length
  for (let match = rest.exec(text); match; match = rest.exec(text)) {
    if (match[0] === '') {
      end = match.index // the next key of the List itself
      break
    }
    starts.push(match.index)
  }
  // The dash becomes a space: columns stay what they are in the file.
  return pieces(text.slice(0, end), starts, piece.before).map(item => ({ ...item, text: item.text.replace('-', ' ') }))
}

function pieces(text: string, starts: readonly number[], before: number): Piece[] {
  const found: Piece[] = []
  let line = before + countLines(text, 0, starts[0] ?? 0)
  for (const [index, start] of starts.entries()) {
    const end = starts[index + 1] ?? text.length
    found.push({ text: text.slice(start, end), before: line })
    line += countLines(text, start, end)
  }
  return found
}

function countLines(text: string, from: number, to: number): number {
  let lines = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) lines++
  return lines
}
