import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { isGroupEmpty } from '../process/group.ts'
import { startTimeOf } from '../process/start-time.ts'
import { allStateDirectories, type StateDirectory, stateDirectoryOf } from './directory.ts'
import { endLeftovers } from './leftovers.ts'
import { breakLock, readLock, releaseLock, takeLock } from './lock.ts'

let temporary: string
let manifests: string
let state: StateDirectory
beforeEach(() => {
  temporary = mkdtempSync(path.join(tmpdir(), 'mizzen-state-'))
  manifests = path.join(temporary, 'my shop')
  mkdirSync(manifests)
  state = stateDirectoryOf(manifests, { XDG_STATE_HOME: temporary })
  state.create()
})
afterEach(() => rmSync(temporary, { recursive: true }))

test('stateDirectoryOf() is the same for a link to the directory and another for another directory', () => {
  const link = path.join(temporary, 'link')
  symlinkSync(manifests, link)
  assert.equal(stateDirectoryOf(link, { XDG_STATE_HOME: temporary }).path, state.path)
  assert.notEqual(stateDirectoryOf(temporary, { XDG_STATE_HOME: temporary }).path, state.path)
  assert.match(path.basename(state.path), /^my-shop-[0-9a-f]{8}$/)
  assert.deepEqual(
    allStateDirectories({ XDG_STATE_HOME: temporary }).map(({ path }) => path),
    [state.path],
  )
})

test('StateDirectory.create() says what to do when a socket there could not be opened', () => {
  const long = stateDirectoryOf(manifests, { XDG_STATE_HOME: path.join(temporary, 'x'.repeat(80)) })
  assert.throws(() => long.create(), /expected at most 103; set XDG_STATE_HOME to a shorter path/)
})

test('takeLock() succeeds once, and readLock() names the holder until releaseLock()', () => {
  assert.equal(readLock(state).kind, 'free')
  assert.equal(takeLock(state, manifests, false), true)
  assert.equal(takeLock(state, manifests, false), false)
  const lock = readLock(state)
  assert.equal(lock.kind, 'held')
  assert.deepEqual(lock.kind === 'held' && [lock.holder.pid, lock.holder.directory], [process.pid, manifests])
  releaseLock(state)
  assert.equal(readLock(state).kind, 'free')
})

test('readLock() tells a killed run by its start time, also when its process id lives on', () => {
  const holder = { pid: process.pid, startTime: 'long ago', directory: manifests, isolated: false }
  writeFileSync(state.lock, JSON.stringify(holder))
  assert.deepEqual(readLock(state), { kind: 'stale', holder })
  writeFileSync(state.lock, 'garbage')
  assert.deepEqual(readLock(state), { kind: 'stale', holder: undefined })
})

test('breakLock() removes a stale lock and gives a living one back', () => {
  writeFileSync(state.lock, 'garbage')
  breakLock(state)
  assert.equal(readLock(state).kind, 'free')
  takeLock(state, manifests, false)
  breakLock(state)
  assert.equal(readLock(state).kind, 'held')
  assert.deepEqual(readdirSync(state.path).toSorted(), ['bootstrap', 'lock', 's'])
})

test('endLeftovers() ends the process that was recorded and no other that has its id by now', async () => {
  const children = [1, 2].map(() => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true }))
  const [recorded, stranger] = await Promise.all(
    children.map(async child => {
      await once(child, 'spawn')
      return child.pid ?? 0
    }),
  )
  assert.ok(recorded && stranger)
  writeFileSync(
    state.processesOf(77),
    `+ ${recorded} ${startTimeOf(recorded)} shop/cart-0/app\n+ ${stranger} earlier shop/old-0/app\n`,
  )
  const ended = await endLeftovers(state, { pid: 77, startTime: '', directory: manifests, isolated: false })
  assert.deepEqual(
    ended.map(({ name }) => name),
    ['shop/cart-0/app'],
  )
  assert.ok(isGroupEmpty(recorded))
  assert.ok(!isGroupEmpty(stranger))
  process.kill(stranger, 'SIGKILL')
})
