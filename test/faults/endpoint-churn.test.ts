/**
 * Pods that come and go while clients call: with the retries everybody gets by default, no request fails. A pod counts as ready before it
 * listens (connections to it are refused, and the request goes elsewhere); one that goes serves on until nobody asks it any more.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { freePorts } from '../scenarios/ports.ts'
import { LocalControlPlane, until } from './control-plane.ts'
import { Load } from './load.ts'
import { ENGINES, missing, podManifest, SmallMesh } from './small-mesh.ts'

const ROUNDS = 8
/** Long enough that a request on its way to the pod has come. */
const QUIET_MS = 300

for (const engine of ENGINES) {
  test(`pods come and go and no request fails, on ${engine}`, { skip: missing(engine) }, async t => {
    await using mesh = await SmallMesh.create()
    await mesh.remove('virtual-service.yaml')
    for (let i = 0; i < 2; i++) await mesh.startSidecar(engine)
    await using controlPlane = await LocalControlPlane.start(mesh.directory, mesh.socket)
    await mesh.ready()
    await using load = new Load(mesh.ports, 'http://echo/')
    for (let round = 0; round < ROUNDS; round++) {
      const pod = `churn-${round % 3}`
      const present = () => controlPlane.store.snapshot().objects.Pod.some(({ name }) => name === pod)
      const [port = 0] = await freePorts(1)
      await mesh.write(`${pod}.yaml`, podManifest(pod, { app: 'echo', version: 'v3' }, port))
      await until(`${pod} is there`, present)
      await controlPlane.synced(mesh.sidecars.length)
      const requests = load.requests
      await until('requests have met a pod that does not listen', () => load.requests > requests + 50)
      let askedAt = 0
      const server = createServer((_request, response) => {
        askedAt = performance.now()
        response.end(pod)
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      await until(`${pod} is asked`, () => load.some(pod))
      await mesh.remove(`${pod}.yaml`)
      await until(`${pod} is gone`, () => !present())
      await controlPlane.synced(mesh.sidecars.length)
      await until(`${pod} is not asked any more`, () => performance.now() - askedAt > QUIET_MS)
      server.close()
      server.closeAllConnections()
    }
    await load.stop()
    t.diagnostic(`${ROUNDS} pods came and went; ${load.requests} requests, ${load.failures.length} failed`)
    assert.deepEqual(load.failures, [])
  })
}
