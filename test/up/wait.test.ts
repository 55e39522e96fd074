/** `mizzen proxy-status --wait` returns when the last change is live, and not before: the next request meets it, every time. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { deployment, documents, gateway, service } from './manifests.ts'
import { get, Sandbox } from './mizzen.ts'

let sandbox: Sandbox | undefined
afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

const EDITS = 8

/** All requests are answered with this status by the gateway itself. */
const answer = (status: number) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: front}
spec:
  hosts: ["*"]
  gateways: [entrance]
  http: [{directResponse: {status: ${status}}}]
`

test('mizzen proxy-status --wait returns when what the files say is live on every proxy', async () => {
  sandbox = new Sandbox({
    'apps.yaml': documents(service('front', 80), deployment('front-v1', 'front')),
    'gateway.yaml': gateway.slice(0, gateway.indexOf('---')),
    'route.yaml': answer(200),
  })
  const { ingress } = await sandbox.up()
  const url = `${ingress[0]?.url}/`
  for (let i = 0; i < EDITS; i++) {
    const status = 500 + i
    sandbox.write('route.yaml', answer(status))
    const { code, stderr } = await sandbox.mizzen('proxy-status', '--wait')
    assert.equal(code, 0, stderr)
    assert.equal((await get(url)).status, status, `edit ${i} was live when the command returned`)
  }

  sandbox.write('route.yaml', answer(200).replace('status: 200', 'status: many'))
  const { code, stderr } = await sandbox.mizzen('proxy-status', '--wait')
  assert.equal(code, 1)
  assert.match(stderr, /route\.yaml:8:\d+: error/)
})
