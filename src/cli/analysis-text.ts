/** Messages of `mizzen analyze` as people read them: istioctl's line, and below it what to do. */
import { styleText } from 'node:util'
import type { Message } from '../explain/analyze/finding.ts'
import type { Documents } from '../source/files/read-documents.ts'
import type { Io } from './io.ts'

const COLOURS = { Error: 'red', Warning: 'yellow', Info: 'cyan' } as const

export function analysisText(messages: readonly Message[], { documents }: Documents, { stdout, env }: Io): string {
  const colour = 'isTTY' in stdout && stdout.isTTY === true && !env['NO_COLOR']
  const lines = messages.map(message => textOf(message, colour))
  const files = new Set(documents.map(({ origin }) => origin.file)).size
  const looked = `${documents.length} object${documents.length === 1 ? '' : 's'} in ${files} file${files === 1 ? '' : 's'}`
  if (messages.length === 0) return `✔ No validation issues found when analyzing ${looked}.\n`
  return `${lines.join('')}${messages.map(correctedText).join('')}\n${counts(messages)} found when analyzing ${looked}.\n`
}

/** `Error [IST0101] (VirtualService shop/catalog shop.yaml:12) Referenced host not found: "x"` */
function textOf({ level, code, resource, message, file, line, fix }: Message, colour: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(style, text, { validateStream: false }) : text
  const place = [resource, line > 0 ? `${file}:${line}` : file].filter(text => text !== '').join(' ')
  return `${paint(COLOURS[level], level)} [${code}] (${place}) ${message}\n  ${paint('green', 'fix:')} ${fix}\n`
}

function correctedText({ corrected, file, resource }: Message): string {
  return corrected === undefined ? '' : `\ncorrected, ${resource || 'the document'} of ${file} is valid:\n\n${corrected}`
}

function counts(messages: readonly Message[]): string {
  return (['Error', 'Warning', 'Info'] as const)
    .flatMap(level => {
      const number = messages.filter(message => message.level === level).length
      return number === 0 ? [] : [`${number} ${level === 'Info' ? 'remark' : level.toLowerCase()}${number === 1 ? '' : 's'}`]
    })
    .join(', ')
}
