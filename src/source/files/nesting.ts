/** Text that is nested so deeply that the YAML parser, whose time grows with the square of the depth, would hold up everything for minutes. */
import { Lexer } from 'yaml'

/** Objects have some dozens of levels; from about a thousand on the parser runs out of stack anyway. */
const MAX_DEPTH = 500
const STACKED_ITEMS = new RegExp(`^ *(?:[-?] +){${MAX_DEPTH}}`, 'm')

export function isTooDeep(text: string): boolean {
  return STACKED_ITEMS.test(text) || (looksDeep(text) && flowIsDeep(text))
}

/** Counts brackets wherever they stand, so that texts without many of them are not read twice. */
function looksDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x5b || code === 0x7b) depth += 1
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** Brackets that open and close something: not those in quotes, comments and block scalars. */
function flowIsDeep(text: string): boolean {
  let depth = 0
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') depth += 1
    else if (token === ']' || token === '}') depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}
