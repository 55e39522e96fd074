import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashAdvice } from './crash-advice.ts'

const cwd = import.meta.dirname
const advice = (argv: string[], ranMs = 100) => crashAdvice({ name: 'x', argv, cwd, env: {} }, ranMs)

test('crashAdvice() names the file of an image that is not on this machine', () => {
  assert.match(advice(['node', '/app/server.js']) ?? '', /there is no "\/app\/server.js" on this machine .* mizzen.dev\/command/)
  assert.match(advice(['python', 'main.py']) ?? '', /there is no "main.py"/)
  assert.match(advice(['/usr/local/bin/entrypoint', 'serve']) ?? '', /there is no "\/usr\/local\/bin\/entrypoint"/)
})

test('crashAdvice() is silent when the files are there, when nothing looks like one, and after a longer run', () => {
  assert.equal(advice(['node', 'crash-advice.ts']), undefined)
  assert.equal(advice(['redis-server', '--port', '6379']), undefined)
  assert.equal(advice(['node', '/app/server.js'], 60_000), undefined)
})
