/** A JSON document: its value, and where its parts stand. Much faster than reading it as YAML, which matters for dumps of a cluster. */
import { type Parsed, problem } from './parsed.ts'
import { type Positions, PositionsBuilder } from './positions.ts'

/** Never throws. */
export function parseJson(text: string): Parsed {
  if (text.trim() === '') return { form: 'nothing' }
  try {
    const value: unknown = JSON.parse(text)
    return { form: 'value', value, positions: index(text), duplicates: [] }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(message) ?? []
    const lastLine = text.trimEnd().split('\n')
    const end = { line: lastLine.length, column: (lastLine.at(-1) ?? '').length + 1 }
    const at = line === undefined ? end : { line: Number(line), column: Number(column) }
    return problem(
      at,
      'json-syntax',
      `this is not JSON: ${message.replace(/ in JSON at position.*$/, '').replace(/, "[\s\S]*" is not valid JSON$/, '')}`,
    )
  }
}

interface Container {
  /** In the builder; of the entry or item whose value the container is. */
  readonly node: number
  /** Index of the next item; undefined in a map. */
  items: number | undefined
}

/** Goes through a text that is known to be JSON. */
function index(text: string): Positions {
  const builder = new PositionsBuilder()
  const open: Container[] = []
  let line = 1
  let lineStart = 0
  let entry = -1 // the node whose value comes next

  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    const parent = open.at(-1)
    switch (char) {
      case '\n':
        line++
        lineStart = at + 1
        continue
      case ' ':
      case '\r':
      case '\t':
      case ':':
      case ',':
        continue
      case '}':
      case ']': {
        const closed = open.pop()
        if (closed) builder.close(closed.node)
        continue
      }
    }
    const isKey = parent !== undefined && parent.items === undefined && entry < 0
    if (isKey) {
      const end = endOfString(text, at)
      entry = builder.open(String(JSON.parse(text.slice(at, end))), line, at - lineStart + 1)
      at = end - 1
      continue
    }
    if (entry < 0) entry = builder.open(parent?.items ?? 0, line, at - lineStart + 1)
    if (parent?.items !== undefined) parent.items++
    if (char === '{' || char === '[') open.push({ node: entry, items: char === '[' ? 0 : undefined })
    else {
      at = (char === '"' ? endOfString(text, at) : endOfWord(text, at)) - 1
      builder.close(entry)
    }
    entry = -1
  }
  return builder.build()
}

/** @param start of the opening quote @returns the place behind the closing one */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0
    while (text.charAt(quote - 1 - escapes) === '\\') escapes++
    if (escapes % 2 === 0) return quote + 1
  }
  return text.length
}

/** A number, true, false or null. */
function endOfWord(text: string, start: number): number {
  let end = start
  while (/[-+.\w]/.test(text.charAt(end))) end++
  return end
}
