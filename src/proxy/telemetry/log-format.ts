/**
 * Access log formats: text with %OPERATORS% or a JSON structure of such texts, compiled when configuration arrives into functions of the
 * decision record.
 */
import { fromByteText } from '../../lib/byte-text.ts'
import type { DecisionRecord } from './decision-record.ts'
import { compileOperator, type Operator } from './log-operators.ts'

/** Envoy's default for HTTP and TCP alike. */
export const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n'

/** @param empty what stands for a value that is not there: "-", or nothing with omit_empty_values @throws on an unknown operator */
export function compileTextFormat(format: string, empty = '-'): (record: DecisionRecord) => string {
  const parts = parse(format)
  // Filled anew for each line, and joined in one piece: adding text to text was a fifth of a request's garbage.
  const pieces: (string | number | undefined)[] = parts.map(() => '')
  return record => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i]
      pieces[i] = typeof part === 'function' ? (part(record) ?? empty) : part
    }
    return fromByteText(pieces.join(''))
  }
}

/** One JSON object per line. A string that is one operator and nothing else keeps the operator's type; what is missing is null. */
export function compileJsonFormat(
  structure: Readonly<Record<string, unknown>>,
  omitEmpty: boolean,
  sort: boolean,
): (record: DecisionRecord) => string {
  const value = compileJsonValue(structure, omitEmpty, sort)
  return record => `${JSON.stringify(value(record))}\n`
}

function compileJsonValue(template: unknown, omitEmpty: boolean, sort: boolean): (record: DecisionRecord) => unknown {
  if (typeof template === 'string') {
    const parts = parse(template)
    const [only] = parts
    if (parts.length === 1 && typeof only === 'function')
      return record => {
        const value = only(record)
        return typeof value === 'string' ? fromByteText(value) : (value ?? null)
      }
    return compileTextFormat(template, omitEmpty ? '' : '-')
  }
  if (Array.isArray(template)) {
    const items = template.map(item => compileJsonValue(item, omitEmpty, sort))
    return record => items.map(item => item(record))
  }
  if (typeof template !== 'object' || template === null) return () => template
  const fields = Object.entries(template).map(([name, item]) => [name, compileJsonValue(item, omitEmpty, sort)] as const)
  if (sort) fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return record => {
    const object: Record<string, unknown> = {}
    for (const [name, item] of fields) {
      const value = item(record)
      if (!(omitEmpty && value === null)) object[name] = value
    }
    return object
  }
}

const COMMAND = /%(?:%|([A-Z][0-9A-Z_]*)(?:\((.*?)\))?(?::(\d+))?%)/gs

function parse(format: string): (string | Operator)[] {
  const parts: (string | Operator)[] = []
  let literal = ''
  let end = 0
  for (const found of format.matchAll(COMMAND)) {
    literal += format.slice(end, found.index)
    end = found.index + found[0].length
    const [, name, argument, length] = found
    if (name === undefined) {
      literal += '%'
      continue
    }
    if (literal !== '') parts.push(literal)
    literal = ''
    const operator = compileOperator(name, argument)
    parts.push(length === undefined ? operator : record => String(operator(record) ?? '').slice(0, Number(length)) || undefined)
  }
  literal += format.slice(end)
  if (literal.includes('%') && /%[A-Z_]+%?/.test(literal))
    throw new Error(`Cannot read access log format: "${format}", expected %NAME%, %NAME(arguments)% or %% at each percent sign`)
  if (literal !== '' || parts.length === 0) parts.push(literal)
  return parts
}
