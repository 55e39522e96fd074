/** The functions that templates may call: Go's own, and of the library that Helm's users know (sprig) those that make sense in a pod. */
import { type Functions, followed, isTrue, printed, type TemplateFunction } from './execute.ts'
import { TemplateError } from './lex.ts'

const text = (value: unknown) => printed(value)
const number = (value: unknown) => Math.trunc(Number(value ?? 0)) || 0
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
const map = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
const same = (a: unknown, b: unknown) => a === b || text(a) === text(b)
const less = (a: unknown, b: unknown) => (typeof a === 'number' && typeof b === 'number' ? a < b : text(a) < text(b))

/** @param toYaml how a value is written in YAML, without a line feed at the end */
export function standardFunctions(toYaml: (value: unknown) => string): Functions {
  const all: Readonly<Record<string, TemplateFunction>> = { ...comparing, ...texts, ...collections, toYaml }
  return new Map(Object.entries(all))
}

const comparing: Readonly<Record<string, TemplateFunction>> = {
  not: value => !isTrue(value),
  eq: (first, ...others) => others.some(other => same(first, other)),
  ne: (a, b) => !same(a, b),
  lt: less,
  le: (a, b) => less(a, b) || same(a, b),
  gt: (a, b) => less(b, a),
  ge: (a, b) => less(b, a) || same(a, b),
  default: (otherwise, value) => (isTrue(value) ? value : otherwise),
  empty: value => !isTrue(value),
  coalesce: (...values) => values.find(isTrue) ?? null,
  ternary: (yes, no, condition) => (isTrue(condition) ? yes : no),
  required(message, value) {
    if (value === null || value === undefined || value === '') throw new TemplateError(text(message))
    return value
  },
  fail(message) {
    throw new TemplateError(text(message))
  },
  int: number,
  int64: number,
  add: (...values) => values.reduce<number>((sum, value) => sum + number(value), 0),
  sub: (a, b) => number(a) - number(b),
  mul: (...values) => values.reduce<number>((product, value) => product * number(value), 1),
  div: (a, b) => Math.trunc(number(a) / number(b)),
  max: (...values) => Math.max(...values.map(number)),
  min: (...values) => Math.min(...values.map(number)),
}

const indented = (width: unknown, value: unknown) =>
  text(value)
    .split('\n')
    .map(line => ' '.repeat(number(width)) + line)
    .join('\n')

const texts: Readonly<Record<string, TemplateFunction>> = {
  print: (...values) => values.map(text).join(''),
  println: (...values) => `${values.map(text).join(' ')}\n`,
  printf: format,
  quote: (...values) => values.map(value => JSON.stringify(text(value))).join(' '),
  squote: (...values) => values.map(value => `'${text(value)}'`).join(' '),
  upper: value => text(value).toUpperCase(),
  lower: value => text(value).toLowerCase(),
  toLower: value => text(value).toLowerCase(),
  title: value => text(value).replaceAll(/\b\w/g, letter => letter.toUpperCase()),
  trim: value => text(value).trim(),
  trimSuffix: (suffix, value) => (text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : text(value)),
  trimPrefix: (prefix, value) => (text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : text(value)),
  trunc: (length, value) => (number(length) < 0 ? text(value).slice(number(length)) : text(value).slice(0, number(length))),
  replace: (from, to, value) => text(value).replaceAll(text(from), text(to)),
  contains: (part, value) => text(value).includes(text(part)),
  hasPrefix: (prefix, value) => text(value).startsWith(text(prefix)),
  hasSuffix: (suffix, value) => text(value).endsWith(text(suffix)),
  indent: indented,
  nindent: (width, value) => `\n${indented(width, value)}`,
  repeat: (times, value) => text(value).repeat(Math.min(number(times), 10_000)),
  toString: text,
  b64enc: value => Buffer.from(text(value)).toString('base64'),
  b64dec: value => Buffer.from(text(value), 'base64').toString(),
  toJson: value => JSON.stringify(value ?? null),
  toJSON: value => JSON.stringify(value ?? null),
  fromJson: value => JSON.parse(text(value) || 'null'),
  fromJSON: value => JSON.parse(text(value) || 'null'),
  split: (separator, value) =>
    Object.fromEntries(
      text(value)
        .split(text(separator))
        .map((part, at) => [`_${at}`, part]),
    ),
  splitList: (separator, value) => text(value).split(text(separator)),
  join: (separator, values) =>
    // Istio's templates hand over the list first, Helm's the separator.
    Array.isArray(separator) ? separator.map(text).join(text(values)) : list(values).map(text).join(text(separator)),
}

const collections: Readonly<Record<string, TemplateFunction>> = {
  len: value => (typeof value === 'string' ? value.length : Array.isArray(value) ? value.length : Object.keys(map(value)).length),
  index: (value, ...keys) =>
    keys.reduce<unknown>((inner, key) => (Array.isArray(inner) ? inner[number(key)] : map(inner)[text(key)]) ?? null, value),
  slice: (value, from, to) =>
    (typeof value === 'string' ? value : list(value)).slice(number(from), to === undefined ? undefined : number(to)),
  list: (...values) => values,
  dict: (...pairs) => Object.fromEntries(pairs.flatMap((key, at) => (at % 2 === 0 ? [[text(key), pairs[at + 1] ?? '']] : []))),
  append: (values, value) => [...list(values), value],
  prepend: (values, value) => [value, ...list(values)],
  concat: (...lists) => lists.flatMap(list),
  first: values => list(values)[0] ?? null,
  last: values => list(values).at(-1) ?? null,
  uniq: values => [...new Set(list(values))],
  has: (value, values) => list(values).some(each => same(each, value)),
  keys: value => Object.keys(map(value)),
  values: value => Object.values(map(value)),
  hasKey: (value, key) => Object.hasOwn(map(value), text(key)),
  get: (value, key) => map(value)[text(key)] ?? '',
  set: (value, key, to) => ({ ...map(value), [text(key)]: to }),
  merge: (...maps) => Object.assign({}, ...maps.map(map).toReversed()),
  dig: (...args) => followed(args.at(-1), args.slice(0, -2).map(text)) ?? args.at(-2),
  isset: (value, key) => Object.hasOwn(map(value), text(key)),
}

/** Go's fmt.Sprintf, as far as templates use it: %s %d %v %q %t %f %x %%. */
function format(pattern: unknown, ...values: readonly unknown[]): string {
  let at = 0
  return text(pattern).replaceAll(/%(%|[-+0-9.]*([sdvqtfx]))/g, (all: string, _, verb: string | undefined) => {
    if (all === '%%') return '%'
    const value = values[at++]
    if (verb === 'q') return JSON.stringify(text(value))
    if (verb === 'x') return number(value).toString(16)
    return verb === 'd' ? String(number(value)) : text(value)
  })
}
