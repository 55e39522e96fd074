/** One YAML document: its value, and where its parts stand. */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments, type YAMLError } from 'yaml'
import type { Path, Position } from '../../api/object.ts'
import { isTooDeep } from './nesting.ts'
import { type Duplicate, type Parsed, type Problem, problem } from './parsed.ts'
import { PositionsBuilder } from './positions.ts'

// An alias stands for a copy: some dozens of nested ones would fill the memory.
const MAX_ALIASES = 100

/** @param text of at most one document. Never throws. */
export function parseYaml(text: string): Parsed {
  if (isTooDeep(text)) return tooDeep({ line: 1, column: 1 })
  const lines = new LineCounter()
  try {
    // Unique keys are checked below: the parser's own check takes quadratic time.
    const [document] = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      uniqueKeys: false,
      stringKeys: true,
    })
    if (document?.errors[0]) return syntaxProblem(document.errors[0], text, lines)
    if (!document?.contents) return { form: 'nothing' }
    const builder = new PositionsBuilder()
    const start = positionOf(lines, document.contents.range[0])
    const root = builder.open(0, start.line, start.column)
    const duplicates: Duplicate[] = []
    index(document.contents, [], { builder, lines, duplicates })
    builder.close(root)
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    return value === null ? { form: 'nothing' } : { form: 'value', value, positions: builder.build(), duplicates }
  } catch (error) {
    return thrownProblem(error, text, lines)
  }
}

function positionOf(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(line, 1), column: Math.max(col, 1) }
}

interface Index {
  readonly builder: PositionsBuilder
  readonly lines: LineCounter
  readonly duplicates: Duplicate[]
}

/** Notes the place of everything within a node, and keys that a map has twice. */
function index(node: unknown, path: Path, into: Index): void {
  if (isMap(node)) {
    const values = new Map<string, unknown>()
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : String(key)
      const place = positionOf(into.lines, isNode(key) ? (key.range?.[0] ?? 0) : 0)
      if (values.has(name)) into.duplicates.push({ path, key: name, at: place, earlier: values.get(name) })
      values.set(name, isScalar(value) ? value.value : undefined)
      within(name, place, value)
    }
  } else if (isSeq(node)) {
    for (const [position, item] of node.items.entries()) {
      within(position, positionOf(into.lines, isNode(item) ? (item.range?.[0] ?? 0) : 0), item)
    }
  }

  function within(step: string | number, { line, column }: Position, value: unknown): void {
    const entry = into.builder.open(step, line, column)
    index(value, [...path, step], into)
    into.builder.close(entry)
  }
}

function syntaxProblem(error: YAMLError, text: string, lines: LineCounter): Problem {
  const at = positionOf(lines, error.pos[0])
  const line = text.split('\n', at.line)[at.line - 1] ?? ''
  if (/^ *\t/.test(line))
    return problem(at, 'yaml-tab', 'there is a tab in the indentation, which YAML does not allow', 'use spaces')
  if (error.message.includes('call stack')) return tooDeep(at)
  return problem(at, 'yaml-syntax', `this is not YAML: ${error.message}`)
}

function tooDeep(at: Position): Problem {
  return problem(at, 'yaml-too-deep', 'it is nested too deeply to be read')
}

/** What the parser throws instead of reporting it. */
function thrownProblem(error: unknown, text: string, lines: LineCounter): Problem {
  const message = error instanceof Error ? error.message : String(error)
  const start = { line: 1, column: 1 }
  if (error instanceof RangeError) return tooDeep(start)
  const unresolved = /Unresolved alias .*: (.+)$/.exec(message)?.[1]
  if (unresolved !== undefined) {
    const at = positionOf(lines, Math.max(0, text.indexOf(`*${unresolved}`)))
    return problem(
      at,
      'yaml-alias',
      `there is no anchor "&${unresolved}" before the alias "*${unresolved}"`,
      'put the value in quotes if no alias is meant',
    )
  }
  if (message.includes('alias')) {
    return problem(
      start,
      'yaml-alias-bomb',
      `its aliases stand for far more than is written here: expected at most ${MAX_ALIASES} copies`,
    )
  }
  return problem(start, 'yaml-syntax', `this is not YAML: ${message}`)
}
