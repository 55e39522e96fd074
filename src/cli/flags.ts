/** Command lines: what every verb's flags have in common, and words for what is wrong with them. */
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { nearest } from '../lib/nearest.ts'

/** Wrong usage: the message is one sentence; exit code 2. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>

const HELP = { help: { type: 'boolean', short: 'h' } } as const

/**
 * @param verb for messages
 * @param most how many arguments beside flags there may be
 * @throws UsageError
 */
export function parseFlags<const O extends Options>(
  verb: string,
  args: readonly string[],
  options: O,
  most = Number.POSITIVE_INFINITY,
) {
  const config = {
    args: [...args],
    options: { ...options, ...HELP },
    allowPositionals: true,
    strict: true,
    tokens: false,
  } as const
  const parsed = parse(verb, config, [...Object.keys(options), 'help'])
  if (parsed.positionals.length > most) {
    throw new UsageError(
      `Cannot use "${parsed.positionals[most]}": "mizzen ${verb}" expects ${most === 0 ? 'no argument' : `at most ${most} argument${most > 1 ? 's' : ''}`}`,
    )
  }
  return parsed
}

function parse<const C extends ParseArgsConfig>(verb: string, config: C, known: readonly string[]) {
  try {
    return parseArgs(config)
  } catch (error) {
    throw new UsageError(wrongFlag(verb, error, known))
  }
}

function wrongFlag(verb: string, error: unknown, known: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error)
  const unknown = /^Unknown option '(-+)([^']*)'/.exec(message)
  if (!unknown) return `Cannot run "mizzen ${verb}": ${message}`
  const [, dashes = '', name = ''] = unknown
  const meant = nearest(name, known)
  return `Cannot run "mizzen ${verb}": there is no flag "${dashes}${name}"${meant ? `, did you mean "--${meant}"?` : `; see "mizzen ${verb} --help"`}`
}

/** @throws UsageError */
export function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find(word => word === value)
  if (found !== undefined) return found
  const meant = nearest(value, allowed)
  throw new UsageError(
    `Cannot use --${flag} "${value}": expected ${allowed.map(word => `"${word}"`).join(' or ')}${meant ? `, did you mean "${meant}"?` : ''}`,
  )
}

/** Seconds as a number, or with a unit: "60", "90s", "2m". @returns milliseconds @throws UsageError */
export function durationMs(flag: string, value: string): number {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(value) ?? []
  if (number === undefined) throw new UsageError(`Cannot use --${flag} "${value}": expected a duration such as "60s" or "2m"`)
  return Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit === 'ms' || unit === 'm' ? unit : 's']
}

/** With a unit: "10s", "90m", "24h", "30d". @returns milliseconds @throws UsageError */
export function lifetimeMs(flag: string, value: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h|d)$/.exec(value) ?? []
  const ms = Number(number) * ({ s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? Number.NaN)
  if (!(ms > 0)) throw new UsageError(`Cannot use --${flag} "${value}": expected a time such as "30m" or "24h"`)
  return ms
}

/** @throws UsageError */
export function portNumber(flag: string, value: string): number {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`Cannot use --${flag} "${value}": expected a port, 1 to 65535`)
  }
  return port
}
