/** How a mesh ends, in order and otherwise: nothing it started may stay. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { afterEach, test } from 'node:test'
import { canListen } from '../../src/run/laptop/ports.ts'
import { smallMesh } from './manifests.ts'
import { get, isRunning, type Ps, pidsOf, Sandbox, until } from './mizzen.ts'

let sandbox: Sandbox | undefined
afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

function mesh(): Sandbox {
  sandbox = new Sandbox(smallMesh())
  return sandbox
}

async function assertGone(ps: Ps): Promise<void> {
  for (const pid of pidsOf(ps)) assert.ok(!isRunning(pid), `process ${pid} still runs`)
  for (const url of [ps.dashboard, ...ps.ingress.map(({ url }) => url)]) {
    assert.ok(await canListen(Number(new URL(url).port), '127.0.0.1'), `${url} is free again`)
  }
}

test('mizzen down ends everything, and says when there is nothing to end', async () => {
  const mine = mesh()
  const ps = await mine.up()
  const { code, stdout } = await mine.mizzen('down')
  assert.equal(code, 0)
  assert.match(stdout, /^Stopped the mesh of ".*"/)
  await assertGone(ps)
  const again = await mine.mizzen('down')
  assert.equal(again.code, 1)
  assert.match(again.stderr, /Cannot find a mesh: none runs/)
  const psAfter = await mine.mizzen('ps', mine.directory)
  assert.match(psAfter.stderr, /Cannot find the mesh of ".*": it does not run; "mizzen up .*" starts it/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`mizzen up ends everything on ${signal}`, async () => {
    const mine = mesh()
    const { child, output, ended } = mine.start('up')
    await until(output, text => text.includes('Ctrl-C stops everything'), 30_000)
    const ps = await mine.ps()
    child.kill(signal)
    assert.equal(await ended, 0, output())
    await assertGone(ps)
  })
}

test('a second mizzen up of a directory says that it runs, and how to stop it', async () => {
  const mine = mesh()
  const ps = await mine.up()
  const second = await mine.mizzen('up')
  assert.equal(second.code, 1)
  assert.match(second.stderr, /it is running already \(process \d+\)\. Stop it with ".* down \."/)
  assert.ok(pidsOf(ps).every(isRunning), 'the first one goes on')
})

test('kill -9 of mizzen up leaves nothing behind after a moment', async () => {
  const mine = mesh()
  const ps = await mine.up()
  process.kill(mine.runner, 'SIGKILL')
  await until(
    () => pidsOf(ps).filter(isRunning),
    alive => alive.length === 0,
  )
  await assertGone(ps)
})

test('mizzen up after kill -9 of everything that watches clears away and starts anew', async () => {
  const mine = mesh()
  const ps = await mine.up()
  const { runner } = mine
  // The watchdog is the only child of `mizzen up` that is a shell.
  const watchdogs = children(runner).filter(pid => !pidsOf(ps).includes(pid))
  assert.equal(watchdogs.length, 1)
  for (const pid of [...watchdogs, runner]) process.kill(pid, 'SIGKILL')
  await until(
    () => isRunning(runner),
    running => !running,
  )
  assert.ok(pidsOf(ps).some(isRunning), 'the programs are left over')
  const again = await mine.up()
  assert.ok(pidsOf(ps).every(pid => !isRunning(pid)))
  const [ingress] = again.ingress
  assert.ok(ingress)
  assert.equal((await get(ingress.url)).status, 200)
  assert.match(await mine.logs('mizzen'), /an earlier run of this mesh was killed: ended \d+ processes/)
})

function children(parent: number): number[] {
  return readdirSync(`/proc/${parent}/task`).flatMap(task =>
    readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}
