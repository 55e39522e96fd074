/** Go's text/template, first step: text and actions apart, actions as tokens. */

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly line: number }

export type Token =
  /** if, range, a function's name */
  | { readonly kind: 'word'; readonly text: string }
  /** ".Values.global", or "." alone */
  | { readonly kind: 'field'; readonly path: readonly string[] }
  /** "$x.name" */
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'mark'; readonly text: '|' | '(' | ')' | ':=' | '=' | ',' }
  /** ".name" right behind a ")" */
  | { readonly kind: 'chain'; readonly path: readonly string[] }

/** The template is wrong; the message names the line. */
export class TemplateError extends Error {}

export function lex(text: string): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let trimNext = false
  for (;;) {
    const open = text.indexOf('{{', at)
    const raw = text.slice(at, open < 0 ? undefined : open)
    const trimEnd = open >= 0 && /^\{\{-\s/.test(text.slice(open, open + 4))
    const left = trimNext ? raw.replace(/^\s+/, '') : raw
    const plain = trimEnd ? left.replace(/\s+$/, '') : left
    if (plain !== '') pieces.push({ kind: 'text', text: plain })
    if (open < 0) return pieces
    const line = text.slice(0, open).split('\n').length
    const from = open + (trimEnd ? 3 : 2)
    const comment = /^\s*\/\*[\s\S]*?\*\/\s*-?\}\}/.exec(text.slice(from))
    const end = comment ? from + comment[0].length - 2 : endOf(text, from, line)
    const inner = text.slice(from, end)
    trimNext = /\s-$/.test(inner)
    at = end + 2
    if (!comment) pieces.push({ kind: 'action', tokens: tokens(trimNext ? inner.slice(0, -1) : inner, line), line })
    else trimNext = /-$/.test(inner)
  }
}

/** Where the action's }} is; those inside of texts do not count. */
function endOf(text: string, from: number, line: number): number {
  let quote = ''
  for (let at = from; at < text.length; at++) {
    const letter = text[at] ?? ''
    if (quote !== '') {
      if (letter === '\\' && quote === '"') at++
      else if (letter === quote) quote = ''
    } else if (letter === '"' || letter === '`') quote = letter
    else if (text.startsWith('}}', at)) return at
  }
  throw new TemplateError(`line ${line}: {{ without }}`)
}

const TOKEN =
  /\s+|(?<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?<mark>:=|[|(),=])|(?<number>-?\d+(?:\.\d+)?)|(?<variable>\$[\w]*(?:\.\w+)*)|(?<field>\.(?:\w+(?:\.\w+)*)?)|(?<word>\w+)/y

function tokens(text: string, line: number): readonly Token[] {
  const found: Token[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const from = TOKEN.lastIndex
    const groups = TOKEN.exec(text)?.groups
    if (groups === undefined) throw new TemplateError(`line ${line}: cannot read "${text.slice(from).trim()}"`)
    const token = tokenOf(groups, text[from - 1] === ')')
    if (token !== undefined) found.push(token)
  }
  return found
}

function tokenOf(groups: Readonly<Record<string, string | undefined>>, closes: boolean): Token | undefined {
  const { text, mark, number, variable, field, word } = groups
  if (text !== undefined) return { kind: 'value', value: text.startsWith('`') ? text.slice(1, -1) : String(JSON.parse(text)) }
  if (mark === '|' || mark === '(' || mark === ')' || mark === ':=' || mark === '=' || mark === ',')
    return { kind: 'mark', text: mark }
  if (number !== undefined) return { kind: 'value', value: Number(number) }
  if (variable !== undefined) {
    const [name = '', ...path] = variable.split('.')
    return { kind: 'variable', name, path }
  }
  if (field !== undefined) {
    const path = field.split('.').filter(Boolean)
    return closes && path.length > 0 ? { kind: 'chain', path } : { kind: 'field', path }
  }
  if (word === 'true' || word === 'false') return { kind: 'value', value: word === 'true' }
  if (word === 'nil') return { kind: 'value', value: null }
  return word === undefined ? undefined : { kind: 'word', text: word }
}
