/** A control plane that is killed under load: its sidecars go on, come back to the next one, and are sent only what changed meanwhile. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { LocalControlPlane, until } from './control-plane.ts'
import { Load } from './load.ts'
import { ENGINES, killed, missing, SmallMesh } from './small-mesh.ts'

const mizzen = path.resolve(import.meta.dirname, '../../dist/mizzen.js')

/** The control plane as a process of its own; resolves when it serves. */
async function startProcess({ directory, socket }: SmallMesh): Promise<ChildProcess> {
  const args = [
    mizzen,
    'control-plane',
    '.',
    '--xds',
    `unix:${socket}`,
    '--secure-xds',
    '127.0.0.1:0',
    '--state',
    '.state',
    '--status',
    '127.0.0.1:0',
  ]
  // The same paths as the next one's: places in files are a part of what is sent.
  const child = spawn(process.execPath, args, { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  for await (const line of lines) if (line.startsWith('serves xDS')) break
  child.stdout.resume()
  return child
}

for (const engine of ENGINES) {
  test(`a killed control plane is not missed, and what changed meanwhile arrives, on ${engine}`, {
    skip: missing(engine),
  }, async t => {
    await using mesh = await SmallMesh.create()
    for (let i = 0; i < 2; i++) await mesh.startSidecar(engine)
    const first = await startProcess(mesh)
    t.after(() => killed(first))
    await mesh.ready()
    await using load = new Load(mesh.ports, 'http://echo/')
    await until('v1 answers everybody', () => load.all('v1'))

    first.kill('SIGKILL')
    await once(first, 'exit')
    const before = load.requests
    await mesh.setWeights(0, 100)
    await until('sidecars have served without a control plane', () => load.requests > before + 200)
    assert.ok(load.all('v1'))

    const restarted = performance.now()
    await using second = await LocalControlPlane.start(mesh.directory, mesh.socket)
    await until('the change made meanwhile is live', () => load.all('v2'))
    const took = performance.now() - restarted
    await second.synced(mesh.sidecars.length)
    await load.stop()
    assert.deepEqual(load.failures, [])
    const sent = second.events.filter(event => event.kind === 'sent')
    const changes = sent.reduce((sum, event) => sum + event.changes, 0)
    const bytes = sent.reduce((sum, event) => sum + event.bytes, 0)
    t.diagnostic(`live ${took.toFixed(0)} ms after the restart; ${changes} resources sent in ${bytes} bytes`)
    assert.equal(changes, mesh.sidecars.length, 'to each sidecar the route table that changed')
  })
}
