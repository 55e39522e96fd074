import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { type Child, startChild } from './child.ts'
import { isGroupEmpty } from './group.ts'
import { Ledger, readLedger } from './ledger.ts'
import { isAlive, startTimeOf } from './start-time.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-child-'))
after(() => rmSync(directory, { recursive: true }))
const file = path.join(directory, 'processes')
const env = { PATH: process.env['PATH'] ?? '' }

function start(script: string, over: { argv?: string[]; cwd?: string } = {}) {
  const lines: string[] = []
  let onLine = () => {}
  const ledger = new Ledger(file)
  const argv = over.argv ?? [process.execPath, '-e', script]
  const output = {
    line(text: string, stream: string) {
      lines.push(`${stream}: ${text}`)
      onLine()
    },
  }
  const child = startChild({ name: 'shop/cart-0/app', argv, cwd: over.cwd ?? directory, env }, output, ledger)
  const line = () =>
    new Promise<void>(resolve => {
      onLine = resolve
      if (lines.length > 0) resolve()
    })
  return { child, lines, line }
}

function pidOf(child: Child): number {
  assert.ok(child.pid)
  return child.pid
}

test('startChild() gives the output as lines and the exit code', async () => {
  const { child, lines } = start(
    `console.log('one\\ntwo'); console.error('bad'); process.stdout.write('cut'); process.exitCode = 3`,
  )
  assert.deepEqual(await child.ended, { kind: 'exited', code: 3 })
  assert.deepEqual(lines.toSorted(), ['stderr: bad', 'stdout: cut', 'stdout: one', 'stdout: two'])
  assert.deepEqual(readLedger(file), [], 'the ledger knows that it ended')
})

test('startChild() records the process while it runs', async () => {
  const { child, line } = start(`console.log('up'); setInterval(() => {}, 1000)`)
  await line()
  const pid = pidOf(child)
  const [recorded] = readLedger(file)
  assert.deepEqual({ pid: recorded?.pid, name: recorded?.name }, { pid, name: 'shop/cart-0/app' })
  assert.equal(recorded?.startTime, startTimeOf(pid))
  assert.ok(isAlive(pid, recorded?.startTime ?? ''))
  assert.ok(!isAlive(pid, 'another time'))
  assert.deepEqual(await child.stop(5000), { kind: 'killed', signal: 'SIGTERM' })
  assert.equal(startTimeOf(pid), undefined)
})

test('Child.stop() kills a process that does not listen to SIGTERM', async () => {
  const { child, line } = start(`process.on('SIGTERM', () => {}); console.log('deaf'); setInterval(() => {}, 1000)`)
  await line()
  assert.deepEqual(await child.stop(50), { kind: 'killed', signal: 'SIGKILL' })
})

test('Child.stop() lets a grandchild finish in the grace period, though its parent went at once', async () => {
  const slow = `process.on('SIGTERM', () => setTimeout(() => { console.log('drained'); process.exit() }, 100)); setInterval(() => {}, 1000); console.log('up')`
  const { child, lines, line } = start(
    `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(slow)}], { stdio: 'inherit' })`,
  )
  await line()
  await child.stop(5000)
  assert.deepEqual(lines, ['stdout: up', 'stdout: drained'])
})

test('startChild() leaves no grandchild when the process dies by itself', async () => {
  const { child } = start(
    `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); setTimeout(() => process.exit(1), 50)`,
  )
  assert.deepEqual(await child.ended, { kind: 'exited', code: 1 })
  assert.ok(isGroupEmpty(pidOf(child)))
})

test('startChild() says what is missing: the program, the directory, a name', async () => {
  const missing = start('', { argv: ['no-such-program-here'] })
  assert.deepEqual(await missing.child.ended, {
    kind: 'not-started',
    reason: 'Cannot run "no-such-program-here": no such program on this machine',
  })
  const nowhere = start('', { cwd: path.join(directory, 'none') })
  const exit = await nowhere.child.ended
  assert.match(exit.kind === 'not-started' ? exit.reason : '', /its working directory ".*none" does not exist/)
  const nameless = start('', { argv: [''] })
  assert.equal((await nameless.child.ended).kind, 'not-started')
})
