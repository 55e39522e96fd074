import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough } from 'node:stream'
import { after, test } from 'node:test'
import type { Diagnostic } from '../../../source/diagnostic.ts'
import { DiagnosticTeller } from './diagnostic-teller.ts'
import { Journal } from './journal.ts'
import { LogFile } from './log-file.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-teller-'))
after(() => rmSync(directory, { recursive: true }))

function teller() {
  const out = new PassThrough()
  const journal = new Journal(new LogFile(path.join(directory, 'log')), out, text => text)
  journal.release()
  const told = () =>
    String(out.read() ?? '')
      .split('\n')
      .filter(Boolean)
      .map(line => line.replace(/^mizzen +\| /, ''))
  return { teller: new DiagnosticTeller(journal, false), told }
}

function problem(line: number, level: Diagnostic['level'] = 'error', message = 'unknown field "wieght"'): Diagnostic {
  const place = { file: 'routes.yaml', line, column: 3, fix: undefined, effect: undefined, excerpt: undefined }
  return { code: 'x', level, message, resource: 'VirtualService shop/cart', ...place }
}

test('DiagnosticTeller tells each problem once, and when the object is in order again', () => {
  const { teller: mine, told } = teller()
  assert.equal(mine.replace('files', [problem(7)]).length, 1)
  assert.deepEqual(told(), ['routes.yaml:7:3: error: unknown field "wieght" (VirtualService shop/cart)'])
  mine.replace('files', [problem(7)])
  assert.deepEqual(told(), [])
  mine.replace('files', [])
  assert.deepEqual(told(), ['VirtualService shop/cart (routes.yaml) is in order again'])
})

test('DiagnosticTeller does not call an object in order whose problem only moved or changed', () => {
  const { teller: mine, told } = teller()
  mine.replace('files', [problem(7)])
  told()
  mine.replace('files', [problem(8)])
  assert.deepEqual(told(), ['routes.yaml:8:3: error: unknown field "wieght" (VirtualService shop/cart)'])
})

test('DiagnosticTeller keeps the parts of the program apart, and counts only errors as problems', () => {
  const { teller: mine, told } = teller()
  assert.deepEqual(mine.replace('mesh', [problem(1, 'warning', 'host not found')]), [])
  mine.replace('files', [])
  assert.equal(told().length, 1)
  mine.replace('mesh', [])
  assert.deepEqual(told(), [])
})
