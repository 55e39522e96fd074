/** Diagnostics as people read them in a terminal: place, what is wrong, the line it stands in, and what helps. */
import { styleText } from 'node:util'
import type { Diagnostic } from './diagnostic.ts'

type Style = Parameters<typeof styleText>[0]

const COLOURS = { error: 'red', warning: 'yellow', info: 'cyan' } as const
/** Of a source line; longer ones are cut around the caret. */
const WIDTH = 110

/**
 * `shop.yaml:12:7: error: spec.http[0].timeout: "5x" is not ... (VirtualService shop/cart)`, then the line with a caret, the fix and what
 * the error means for what is running. Ends without a line break.
 */
export function formatDiagnostic(diagnostic: Diagnostic, options: { readonly colour: boolean }): string {
  const { level, message, resource, fix, effect } = diagnostic
  const paint = (style: Style, text: string) => (options.colour ? styleText(style, text, { validateStream: false }) : text)
  const place = placeOf(diagnostic)
  const about = resource === '' ? '' : paint('dim', ` (${resource})`)
  const lines = [`${place === '' ? '' : `${paint('bold', place)}: `}${paint(COLOURS[level], `${level}:`)} ${message}${about}`]
  lines.push(...excerpt(diagnostic, text => paint(COLOURS[level], text)))
  if (fix !== undefined) lines.push(`    ${paint('green', 'fix:')} ${fix}`)
  if (effect !== undefined) lines.push(`    ${paint('dim', effect)}`)
  return lines.join('\n')
}

/** file:line:column, as editors and terminals make links of it. */
function placeOf({ file, line, column }: Diagnostic): string {
  return line === 0 ? file : `${file}:${line}:${column}`
}

function excerpt({ excerpt: text, line, column }: Diagnostic, paint: (text: string) => string): string[] {
  if (text === undefined || text.trim() === '') return []
  const from = column > WIDTH - 10 ? column - WIDTH / 2 : 0
  const shown = printable(text.slice(from, from + WIDTH))
  const number = String(line).padStart(4)
  const caret = `${' '.repeat(number.length)} | ${' '.repeat(Math.max(0, column - 1 - from))}${paint('^')}`
  return [`${number} | ${shown}`, caret]
}

/** A tab as one column, and nothing that could steer the terminal. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach the terminal
  return text.replaceAll('\t', '→').replace(/[\x00-\x1f\x7f-\x9f]/g, '?')
}
