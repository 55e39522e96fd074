import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { aboutFile, type Diagnostic } from './diagnostic.ts'
import { formatDiagnostic } from './format.ts'

const wrong: Diagnostic = {
  code: 'wrong-value',
  level: 'error',
  message: 'spec.timeout: "5x" is not a length of time',
  resource: 'VirtualService shop/cart',
  file: 'shop/cart.yaml',
  line: 12,
  column: 7,
  fix: 'write 5s',
  effect: 'the last good version keeps serving',
  excerpt: '      timeout: 5x',
}

test('formatDiagnostic() shows place, line, fix and effect', () => {
  assert.equal(
    formatDiagnostic(wrong, { colour: false }),
    [
      'shop/cart.yaml:12:7: error: spec.timeout: "5x" is not a length of time (VirtualService shop/cart)',
      '  12 |       timeout: 5x',
      '     |       ^',
      '    fix: write 5s',
      '    the last good version keeps serving',
    ].join('\n'),
  )
})

test('formatDiagnostic() differs only by colour when there is colour', () => {
  const coloured = formatDiagnostic(wrong, { colour: true })
  assert.notEqual(coloured, formatDiagnostic(wrong, { colour: false }))
  assert.equal(stripVTControlCharacters(coloured), formatDiagnostic(wrong, { colour: false }))
})

test('formatDiagnostic() leaves out what is not known', () => {
  assert.equal(
    formatDiagnostic(aboutFile('a.yaml', 'warning', 'x', 'nothing there'), { colour: false }),
    'a.yaml: warning: nothing there',
  )
  assert.equal(formatDiagnostic(aboutFile('', 'info', 'x', 'nothing there'), { colour: false }), 'info: nothing there')
})

test('formatDiagnostic() cuts a long line around the caret', () => {
  const excerpt = `${'a'.repeat(300)}!${'b'.repeat(150)}`
  const [, line = '', caret = ''] = formatDiagnostic({ ...wrong, column: 301, excerpt }, { colour: false }).split('\n')
  assert.ok(line.length < 130)
  assert.equal(line.charAt(caret.indexOf('^')), '!')
})

test('formatDiagnostic() lets nothing through that steers a terminal', () => {
  const text = formatDiagnostic({ ...wrong, column: 2, excerpt: '\t\x1b[31mred\x07' }, { colour: false })
  assert.match(text, /→\?\[31mred\?/)
})
