/** A machine outside joins by `mizzen token`: over TLS, on both engines, and gets its own configuration and nothing else. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { encodeBootstrap } from '../../src/run/bootstrap.ts'
import { ENVOY_MISSING, envoyBinary, envoyCommand, mizzenCommand } from '../scenarios/engines.ts'
import { freePorts } from '../scenarios/ports.ts'
import { documents, gateway, service } from './manifests.ts'
import { get, Sandbox, until } from './mizzen.ts'

describe('a machine that joins by a token', () => {
  let sandbox: Sandbox
  let folder = ''
  let port = 0
  let rootsFile = ''
  let output: () => string = () => ''
  const children: ChildProcess[] = []

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mizzen-join-'))
    sandbox = new Sandbox({ 'mesh.yaml': documents(service('back', 80), gateway) })
    const control = sandbox.start(
      'control-plane',
      '.',
      '--secure-xds',
      '127.0.0.1:0',
      '--status',
      '127.0.0.1:0',
      '--state',
      folder,
    )
    output = control.output
    const told = await until(control.output, text => text.includes('status page on'), 20_000)
    const [, number, file = ''] = /certificates on 127\.0\.0\.1:(\d+), verified by (\S+)/.exec(told) ?? []
    port = Number(number)
    rootsFile = file
  })
  after(async () => {
    for (const child of children) child.kill('SIGTERM')
    await sandbox?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** @returns the proxy's admin endpoint */
  async function join(
    engine: 'mizzen' | 'envoy',
    name: string,
    claims: { namespace: string; serviceAccount: string },
  ): Promise<string> {
    const { code, stdout, stderr } = await sandbox.mizzen('token', '-s', 'vm', '-n', 'legacy', '--state', folder)
    assert.equal(code, 0, stderr)
    const file = (kind: string) => path.join(folder, `${name}.${kind}`)
    writeFileSync(file('token'), stdout, { mode: 0o600 })
    const config = { controlPlane: { host: '127.0.0.1', port }, rootsFile, serverName: 'localhost', tokenFile: file('token') }
    writeFileSync(file('json'), JSON.stringify(config))
    const [admin = 0] = await freePorts(1)
    const identity = {
      type: 'sidecar',
      pod: name,
      ip: '127.0.0.1',
      workload: name,
      labels: {},
      annotations: {},
      interception: 'NONE',
      ...claims,
    } as const
    const controlPlane = engine === 'envoy' ? { path: file('xds') } : { host: '127.0.0.1', port }
    const bootstrap = encodeBootstrap({ identity, admin: { host: '127.0.0.1', port: admin }, controlPlane, secrets: file('sds') })
    writeFileSync(file('pb'), bootstrap)
    const [command, ...args] = (engine === 'envoy' ? envoyCommand : mizzenCommand)(file('pb'), file('json'))
    children.push(spawn(command, args, { stdio: 'ignore' }))
    return `http://127.0.0.1:${admin}`
  }

  const own = { namespace: 'legacy', serviceAccount: 'vm' }
  for (const engine of ['mizzen', 'envoy'] as const) {
    const skip = engine === 'envoy' && !envoyBinary() && ENVOY_MISSING
    test(`is served its configuration over TLS (${engine})`, { skip }, async () => {
      const admin = await join(engine, `vm-${engine}`, own)
      const status = () =>
        get(`${admin}/ready`).then(
          answer => answer.status,
          () => 0,
        )
      await until(status, code => code === 200, 30_000)
      const { body } = await get(`${admin}/config_dump`)
      assert.match(body, /outbound\|80\|\|back\.default\.svc\.cluster\.local/)
      assert(!body.includes('PRIVATE KEY'))
    })
  }

  test('is refused the configuration of another namespace', async () => {
    const admin = await join('mizzen', 'vm-thief', { namespace: 'default', serviceAccount: 'vm' })
    await until(
      output,
      text => text.includes('Cannot give "spiffe://cluster.local/ns/legacy/sa/vm" the configuration of node'),
      30_000,
    )
    assert(!(await get(`${admin}/config_dump`)).body.includes('back.default'))
  })
})
