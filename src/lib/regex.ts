/**
 * Regular expressions with RE2's syntax and linear running time: patterns come from configuration, subjects from strangers, and a
 * backtracking engine would let a stranger's request stop the process.
 *
 * The engine (re2js, 10 ms and some MB) is loaded at the first pattern that needs it. Many never do: `/api/.*` is a prefix.
 */
import { createRequire } from 'node:module'
import type { RE2JS } from 're2js'

type Engine = typeof import('re2js')
let engine: Engine | undefined

/** @returns whether the whole text matches @throws when the pattern is not RE2 syntax, with its reason */
export function compileFullMatch(pattern: string): (text: string) => boolean {
  const glob = parseGlob(pattern)
  if (glob) return globMatch(glob)
  const compiled = compile(pattern)
  const head = literalHead(pattern)
  // A table of many patterns is mostly patterns that do not match, and most of those are told by how they begin.
  return head === '' ? text => compiled.testExact(text) : text => text.startsWith(head) && compiled.testExact(text)
}

/**
 * RE2::GlobalReplace: every match is replaced by `substitution`, in which `\0` is the whole match, `\1` to `\9` are groups and `\\`
 * is a backslash. @throws when the pattern is not RE2 syntax, or the substitution names a group that the pattern does not have
 */
export function compileReplaceAll(pattern: string, substitution: string): (text: string) => string {
  const compiled = compile(pattern)
  const parts = parseSubstitution(substitution, compiled.groupCount())
  return text => {
    const matcher = compiled.matcher(text)
    let out = ''
    let copied = 0
    let ended = -1
    while (matcher.find()) {
      // RE2 and this engine differ here: an empty match right behind another match is none.
      if (matcher.start() === ended && matcher.end() === ended) continue
      ended = matcher.end()
      out += text.slice(copied, matcher.start())
      for (const part of parts) out += typeof part === 'string' ? part : (matcher.group(part) ?? '')
      copied = ended
    }
    return out + text.slice(copied)
  }
}

function compile(pattern: string): RE2JS {
  engine ??= loadEngine()
  try {
    return engine.RE2JS.compile(pattern)
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : String(error)
    throw new SyntaxError(`Cannot compile regular expression "${pattern}": ${reason}, expected RE2 syntax`)
  }
}

function loadEngine(): Engine {
  // Synchronous, unlike import(): configuration is compiled whole or refused whole, within one call.
  return createRequire(import.meta.url)('re2js')
}

/** Literals around at most one `.*` or `.+`: what most patterns in mesh configuration are. */
interface Glob {
  readonly head: string
  readonly tail: string
  /** Least length of what the wildcard stands for; undefined: no wildcard. */
  readonly least: number | undefined
}

const META = '\\.+*?()|[]{}^$'

function parseGlob(pattern: string): Glob | undefined {
  let head = ''
  let literal = ''
  let least: number | undefined
  // The match is anchored at both ends anyway.
  const end = pattern.endsWith('$') && !pattern.endsWith('\\$') ? pattern.length - 1 : pattern.length
  for (let i = pattern.startsWith('^') ? 1 : 0; i < end; i++) {
    const c = pattern.charAt(i)
    const next = pattern.charAt(i + 1)
    if (c === '\\' && i + 1 < end && /[^A-Za-z0-9\s]/.test(next) && next < '\x7f') {
      literal += next
      i++
    } else if (c === '.' && i + 1 < end && (next === '*' || next === '+') && least === undefined) {
      head = literal
      literal = ''
      least = next === '*' ? 0 : 1
      i++
      // `.*?` and `.**` are not for this reader.
      if ('*+?{'.includes(pattern.charAt(i + 1) || ' ')) return undefined
    } else if (META.includes(c) || c === '\n') return undefined
    else literal += c
    // A repetition of the literal just read.
    if (literal !== '' && i + 1 < end && '*+?{'.includes(pattern.charAt(i + 1))) return undefined
  }
  return least === undefined ? { head: literal, tail: '', least } : { head, tail: literal, least }
}

/** What every match begins with; empty where that takes more than a look. */
function literalHead(pattern: string): string {
  // Alternatives may begin otherwise, flags may let case go, and `\Q` changes what follows.
  if (/\||\(\?|\\Q/.test(pattern)) return ''
  const start = pattern.startsWith('^') ? 1 : 0
  let end = start
  while (end < pattern.length && !META.includes(pattern.charAt(end))) end++
  // A repetition may leave out the last character.
  if ('*?{'.includes(pattern.charAt(end) || ' ')) end--
  return pattern.slice(start, Math.max(start, end))
}

function globMatch({ head, tail, least }: Glob): (text: string) => boolean {
  if (least === undefined) return text => text === head
  const shortest = head.length + tail.length + least
  // The dot does not match a line feed.
  return text => text.length >= shortest && text.startsWith(head) && text.endsWith(tail) && !text.includes('\n')
}

/** Literal pieces and group numbers, in order. */
function parseSubstitution(substitution: string, groups: number): (string | number)[] {
  const parts: (string | number)[] = []
  let literal = ''
  for (let i = 0; i < substitution.length; i++) {
    const c = substitution.charAt(i)
    if (c !== '\\') {
      literal += c
      continue
    }
    const next = substitution.charAt(++i)
    if (next === '\\') literal += next
    else if (/^\d$/.test(next)) {
      if (Number(next) > groups)
        throw new SyntaxError(`Cannot compile substitution "${substitution}": it names group ${next}, expected at most ${groups}`)
      if (literal) parts.push(literal)
      literal = ''
      parts.push(Number(next))
    } else
      throw new SyntaxError(
        `Cannot compile substitution "${substitution}": "\\${next}", expected a digit or "\\" after a backslash`,
      )
  }
  if (literal) parts.push(literal)
  return parts
}
