/** Colour for terminals, and none for everybody else (https://no-color.org, FORCE_COLOR). */
import type { Writable } from 'node:stream'

export type Colour = 'red' | 'green' | 'yellow' | 'grey' | 'bold' | PrefixColour
type PrefixColour = (typeof PREFIX_COLOURS)[number]

/** Red, yellow and green are kept for what they mean. */
const PREFIX_COLOURS = ['cyan', 'magenta', 'blue', 'brightCyan', 'brightMagenta', 'brightBlue'] as const

const CODES: Readonly<Record<Colour, [on: number, off: number]>> = {
  bold: [1, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  grey: [90, 39],
  brightBlue: [94, 39],
  brightMagenta: [95, 39],
  brightCyan: [96, 39],
}

export type Paint = (text: string, colour: Colour) => string

export function painter(stream: Writable, env: Readonly<Record<string, string | undefined>>): Paint {
  return wantsColour(stream, env)
    ? (text, colour) => `\u001b[${CODES[colour][0]}m${text}\u001b[${CODES[colour][1]}m`
    : text => text
}

export function wantsColour(stream: Writable, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0'
  return isTerminal(stream) && env['TERM'] !== 'dumb'
}

export function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true
}

/** Always the same colour for the same name. */
export function colourOf(name: string): Colour {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return PREFIX_COLOURS[sum % PREFIX_COLOURS.length] ?? 'cyan'
}
