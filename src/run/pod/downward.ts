/** The pod's own labels and annotations, from the files of the downward API: lines of key="value", quoted as Go quotes. */
import { readFileSync } from 'node:fs'

/** @returns {} when there is no such file */
export function readDownward(file: string): Record<string, string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return {}
  }
  return parseDownward(text)
}

export function parseDownward(text: string): Record<string, string> {
  const entries = [...text.matchAll(/^([^=\n]+)="((?:[^"\\]|\\.)*)"$/gm)].map(
    ([, key = '', value = '']) => [key, unquoted(value)] as const,
  )
  return Object.fromEntries(entries)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' }

/** Go's strconv.Quote, backwards. */
function unquoted(text: string): string {
  const bytes = /\\x[0-9a-f]{2}/i.test(text)
  const plain = text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/gi, (_, byte, short, long, letter) => {
    const code = byte ?? short ?? long
    return code === undefined ? (ESCAPES[letter] ?? letter) : String.fromCodePoint(Number.parseInt(code, 16))
  })
  return bytes ? Buffer.from(plain, 'latin1').toString('utf8') : plain
}
