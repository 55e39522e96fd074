import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, afterEach, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { ManualClock } from '../../../lib/clock.ts'
import { Ledger } from './ledger.ts'
import { type Program, type ProgramState, Supervised } from './supervised.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-supervised-'))
const running: Supervised[] = []
/** A test that fails half-way leaves its program running, which would keep this process alive. */
afterEach(async () => {
  for (const supervised of running.splice(0)) await supervised.stop()
})
after(() => rmSync(directory, { recursive: true }))

/** A real process under a clock that stands still unless the test moves it. */
function supervise(script: string, over: Partial<Program> = {}) {
  const clock = new ManualClock()
  const states: ProgramState[] = []
  const waiting = new Map<ProgramState['phase'], () => void>()
  const program: Program = {
    command: { name: 'x', argv: [process.execPath, '-e', script], cwd: directory, env: {} },
    startup: undefined,
    readiness: undefined,
    liveness: undefined,
    graceMs: 5000,
    ...over,
  }
  const onState = (state: ProgramState) => {
    states.push(state)
    waiting.get(state.phase)?.()
  }
  const ledger = new Ledger(path.join(directory, 'processes'))
  const supervised = new Supervised({ program, clock, ledger, output: { line() {} }, onState })
  running.push(supervised)
  supervised.start()
  const next = (phase: ProgramState['phase']) => new Promise<void>(resolve => waiting.set(phase, resolve))
  return { supervised, clock, states, next }
}

/** Lets the checks that fall due answer. */
async function pass(clock: ManualClock, seconds: number): Promise<void> {
  for (let i = 0; i <= seconds * 10; i++) {
    clock.advance(i === 0 ? 0 : 100)
    await turn()
  }
}

const FOREVER = 'setInterval(() => {}, 1000)'
const always = async () => undefined

test('Supervised restarts a program that crashes, waiting longer each time', async () => {
  const { supervised, clock, states, next } = supervise('process.exit(1)')
  const waits: number[] = []
  for (let i = 0; i < 3; i++) {
    await next('crashed')
    const state = states.at(-1)
    assert.ok(state?.phase === 'crashed')
    assert.equal(state.reason, 'exit code 1')
    waits.push(state.retryMs)
    clock.advance(state.retryMs)
  }
  assert.deepEqual(waits, [500, 1000, 2000])
  assert.equal(supervised.restarts, 3)
  await supervised.stop()
  assert.equal(clock.waiting, 0)
})

test('Supervised restarts at once-like waits again after a steady run', async () => {
  const marker = path.join(directory, 'steady')
  const script = `const fs = require('node:fs'); if (!fs.existsSync(${JSON.stringify(marker)})) process.exit(1); ${FOREVER}`
  const { supervised, clock, states, next } = supervise(script)
  await next('crashed')
  writeFileSync(marker, '')
  clock.advance(500)
  const { pid } = supervised
  assert.ok(pid)
  clock.advance(30_000)
  const crashed = next('crashed')
  process.kill(pid, 'SIGKILL')
  await crashed
  assert.deepEqual(states.at(-1), { phase: 'crashed', reason: 'killed by SIGKILL', retryMs: 500 })
  await supervised.stop()
})

test('Supervised asks for readiness only after the startup probe said yes', async () => {
  const asked: string[] = []
  let started = false
  const { supervised, clock, states } = supervise(FOREVER, {
    startup: {
      timing: { periodSeconds: 1, failureThreshold: 60 },
      restarts: true,
      check: async () => {
        asked.push('startup')
        return started ? undefined : 'not yet'
      },
    },
    readiness: {
      timing: { periodSeconds: 1, failureThreshold: 1 },
      check: async () => {
        asked.push('readiness')
        return 'warming up'
      },
    },
  })
  await pass(clock, 1)
  assert.ok(asked.length > 1 && asked.every(probe => probe === 'startup'))
  started = true
  asked.length = 0
  await pass(clock, 3)
  assert.deepEqual(asked.slice(0, 2), ['startup', 'readiness'])
  const state = states.at(-1)
  assert.deepEqual(state?.phase === 'unready' && state.reason, 'warming up')
  await supervised.stop()
})

test('Supervised becomes ready, unready and ready again with the readiness probe, and does not restart for it', async () => {
  let answer: string | undefined
  const { supervised, clock, states } = supervise(FOREVER, {
    readiness: { timing: { periodSeconds: 1, failureThreshold: 2 }, check: async () => answer },
  })
  await pass(clock, 1)
  answer = 'busy'
  await pass(clock, 3)
  answer = undefined
  await pass(clock, 2)
  assert.deepEqual(
    states.map(({ phase }) => phase),
    ['starting', 'ready', 'unready', 'ready'],
  )
  await supervised.stop()
  assert.equal(supervised.state.phase, 'stopped')
})

test('Supervised ends and restarts a program whose liveness probe fails, and says why', async () => {
  const { supervised, clock, states, next } = supervise(FOREVER, {
    liveness: { timing: { periodSeconds: 1, failureThreshold: 3 }, check: async () => 'GET /live answered 500' },
  })
  const crashed = next('crashed')
  await pass(clock, 8)
  await crashed
  // The clock may have moved past the restart already: a real process ends when it ends.
  const crash = states.find(({ phase }) => phase === 'crashed')
  assert.deepEqual(crash, { phase: 'crashed', reason: 'liveness probe failed: GET /live answered 500', retryMs: 500 })
  await supervised.stop()
})

test('Supervised without probes is ready as soon as it runs, and tells why a program cannot run', async () => {
  const { supervised, states } = supervise(FOREVER, { liveness: { timing: {}, check: always } })
  assert.deepEqual(
    states.map(({ phase }) => phase),
    ['starting', 'ready'],
  )
  await supervised.stop()
  const broken = supervise('', { command: { name: 'x', argv: ['no-such-program'], cwd: directory, env: {} } })
  await broken.next('crashed')
  assert.deepEqual(
    broken.states.map(state => state.phase === 'crashed' && state.reason),
    ['Cannot run "no-such-program": no such program on this machine'],
  )
  await broken.supervised.stop()
})
