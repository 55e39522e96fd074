/** Checks of expressions in CEL, the Common Expression Language, in which filters and tags of telemetry are written. */
import { parse } from '@bufbuild/cel'
import { nearest } from '../../lib/nearest.ts'

/** Only the grammar is checked: which attributes there are is the data plane's matter. @returns what is wrong, or undefined */
export function checkCel(expression: string): string | undefined {
  try {
    parse(expression)
    return undefined
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^syntax error: <input>:\d+:/, 'at ').split(' but expecting')[0] : error
    return `${JSON.stringify(expression)} is not an expression in CEL (${reason}): expected one such as "response.code >= 400"`
  }
}

/** What both data planes know of a request when it is over. */
const ATTRIBUTES: readonly string[] = ['request', 'response', 'source', 'destination', 'connection', 'upstream', 'xds']

/** What a stats access logger of Envoy can be given: it has neither string functions nor conversions, but of the whole. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...['startsWith', 'endsWith', 'contains', 'matches', 'size', 'int', 'uint', 'double', '@in', '!_', '-_'],
  ...['_?_:_', '_&&_', '_||_', '_+_', '_-_', '_*_', '_/_', '_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '_[_]'],
])

/** Checks the value of a metric's tag: it must be one that every data plane can work out. @returns what is wrong, or undefined */
export function telemetryCel(expression: string): string | undefined {
  const wrong = checkCel(expression)
  if (wrong !== undefined) return wrong
  // Envoy ends an operator of a format at it.
  if (expression.includes('%')) return `${JSON.stringify(expression)} has a "%", which Envoy cannot take in a tag`
  const { names, calls } = partsOf(parse(withoutString(expression)))
  const name = names.find(found => !ATTRIBUTES.includes(found))
  if (name !== undefined) {
    const guess = nearest(name, ATTRIBUTES)
    const hint = guess === undefined ? '' : `; did you mean "${guess}"?`
    return `${JSON.stringify(expression)} asks for "${name}", which the proxies do not know: expected ${ATTRIBUTES.join(', ')}, or a text in quotes${hint}`
  }
  const call = calls.find(found => !FUNCTIONS.has(found))
  if (call !== undefined)
    return `${JSON.stringify(expression)} uses ${call}(), which Envoy does not have for tags: expected operators, startsWith, endsWith, contains, matches or size`
  return undefined
}

/** "string(destination.port)" is what it is about: a tag's value is text anyway. */
export function withoutString(expression: string): string {
  const inside = /^\s*string\((.*)\)\s*$/s.exec(expression)?.[1]
  return inside !== undefined && checkCel(inside) === undefined ? inside : expression
}

/** Names and functions that occur, found in the syntax tree. */
function partsOf(tree: unknown): { readonly names: readonly string[]; readonly calls: readonly string[] } {
  const names: string[] = []
  const calls: string[] = []
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return
    const kind: unknown = Reflect.get(node, 'case')
    const value: unknown = Reflect.get(node, 'value')
    if (kind === 'identExpr') names.push(String(Reflect.get(Object(value), 'name')))
    if (kind === 'callExpr') calls.push(String(Reflect.get(Object(value), 'function')))
    if (kind === 'comprehensionExpr') calls.push('all')
    for (const part of Object.values(node)) walk(part)
  }
  walk(Reflect.get(Object(tree), 'expr'))
  return { names, calls }
}
