import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { LogFiles } from './log-files.ts'

test('LogFiles.open() gives one file for a path, and flush() writes every line in order', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mizzen-log-'))
  try {
    const files = new LogFiles(60_000)
    const file = files.open(path.join(folder, 'access.log'))
    assert.equal(files.open(path.join(folder, 'access.log')), file)
    let expected = ''
    for (let i = 0; i < 20_000; i++) {
      const line = `line ${i} of the log\n`
      expected += line
      file.append(line)
    }
    await files.flush()
    assert.ok(readFileSync(path.join(folder, 'access.log'), 'utf8') === expected)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('LogFiles.open() names a file that can not be opened', () => {
  assert.throws(() => new LogFiles(1).open('/nowhere/access.log'), /Cannot open access log: "\/nowhere\/access\.log"/)
})
