/** A weight changed in a file is live on all sidecars soon, and no request under way notices. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LocalControlPlane, until } from './control-plane.ts'
import { Load } from './load.ts'
import { ENGINES, missing, SmallMesh } from './small-mesh.ts'

const CHANGES = 6

for (const engine of ENGINES) {
  test(`a weight change is live on all sidecars with no failed request, on ${engine}`, { skip: missing(engine) }, async t => {
    await using mesh = await SmallMesh.create()
    for (let i = 0; i < 4; i++) await mesh.startSidecar(engine)
    await using controlPlane = await LocalControlPlane.start(mesh.directory, mesh.socket)
    await controlPlane.synced(mesh.sidecars.length)
    await mesh.ready()
    await using load = new Load(mesh.ports, 'http://echo/')
    await until('v1 answers everybody', () => load.all('v1'))
    const took: number[] = []
    for (let change = 1; change <= CHANGES; change++) {
      const version = change % 2 === 0 ? 'v1' : 'v2'
      const saved = performance.now()
      await (version === 'v1' ? mesh.setWeights(100, 0) : mesh.setWeights(0, 100))
      await until(`${version} answers everybody`, () => load.all(version))
      took.push(performance.now() - saved)
    }
    await load.stop()
    t.diagnostic(`live on 4 sidecars after ${took.map(ms => ms.toFixed(0)).join(', ')} ms; ${load.requests} requests`)
    assert.deepEqual(load.failures, [])
    assert.ok(Math.max(...took) < 5000)
    assert.deepEqual(controlPlane.reports(), [])
  })
}
