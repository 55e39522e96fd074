import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { LogFile, readLog } from './log-file.ts'
import type { LogLine } from './log-line.ts'

let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'mizzen-log-'))
  file = path.join(directory, 'log')
})
afterEach(() => rmSync(directory, { recursive: true }))

async function all(path: string): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of readLog(path)) lines.push(line)
  return lines
}

const line = (text: string) => ({ at: 0, source: 'shop/cart-0', text })

test('readLog() gives what LogFile wrote, in its order', async () => {
  const log = new LogFile(file)
  log.write(line('one'))
  log.write(line('two'))
  log.close()
  assert.deepEqual(await all(file), [line('one'), line('two')])
  assert.deepEqual(await all(path.join(directory, 'none')), [])
})

test('readLog() follows lines as they are written, over a change of files, until it is told to stop', async () => {
  const log = new LogFile(file, 100)
  log.write(line('first'))
  log.flush()
  const lines = readLog(file, () => seen.length < 3)
  const seen: string[] = []
  for await (const { text } of lines) {
    seen.push(text)
    if (seen.length === 1) {
      log.write(line(`second ${'x'.repeat(100)}`))
      log.flush()
      log.write(line('third'))
      log.flush()
    }
  }
  log.close()
  assert.deepEqual([seen[0], seen[2]], ['first', 'third'])
})

test('LogFile keeps one earlier part when it grows large', async () => {
  const log = new LogFile(file, 100)
  for (const text of ['a', 'b', 'c', 'd', 'e']) {
    log.write(line(text.repeat(40)))
    log.flush()
  }
  log.close()
  const texts = await all(file)
  assert.deepEqual(
    texts.map(({ text }) => text[0]),
    ['c', 'd', 'e'],
  )
})
