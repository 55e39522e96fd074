/** `mizzen up --isolate`: a network for each pod, and no trace of it afterwards. Needs Linux and root. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { afterEach, suite, test } from 'node:test'
import { findEnvoy } from '../../src/run/engine.ts'
import { findTools } from '../../src/run/laptop/isolate/tools.ts'
import { smallMesh } from './manifests.ts'
import { get, isRunning, type Ps, pidsOf, Sandbox, until } from './mizzen.ts'

function reasonFor(check: () => unknown): string | false {
  try {
    check()
    return false
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

let sandbox: Sandbox | undefined
afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

async function isolated(engine: string): Promise<{ mine: Sandbox; ps: Ps; url: string }> {
  const mine = new Sandbox(smallMesh())
  sandbox = mine
  const ps = await mine.up('--isolate', '--engine', engine)
  const [ingress] = ps.ingress
  assert.ok(ingress)
  return { mine, ps, url: ingress.url }
}

/** A namespace that goes while it is looked at is worth no line. */
const QUIET: { encoding: 'utf8'; stdio: 'pipe' } = { encoding: 'utf8', stdio: 'pipe' }

/** What a run makes carries its process id in its names. */
function traces(runner: number): string[] {
  const prefix = `mz${runner.toString(36)}`
  const named = (directory: string) =>
    (existsSync(directory) ? readdirSync(directory) : []).filter(name => name.startsWith(prefix))
  const links = execFileSync('ip', ['-o', 'link'], QUIET).split('\n')
  const rules = ['nat', 'filter'].flatMap(table => execFileSync('iptables', ['-w', '-t', table, '-S'], QUIET).split('\n'))
  return [...named('/run/netns'), ...named('/etc/netns'), ...[...links, ...rules].filter(line => line.includes(prefix))]
}

/** Prints what TCP carries on interfaces whose names begin with the first argument, except from and to the address of the second: this machine's. */
const LISTEN = `
import socket, sys
prefix, host = sys.argv[1], socket.inet_aton(sys.argv[2])
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.ntohs(3))
print('listening', file=sys.stderr, flush=True)
while True:
    frame, (interface, *_) = wire.recvfrom(65535)
    if not interface.startswith(prefix) or frame[12:14] != b'\\x08\\x00' or frame[23] != 6 or host in (frame[26:30], frame[30:34]):
        continue
    tcp = 14 + (frame[14] & 15) * 4
    sys.stdout.buffer.write(frame[tcp + (frame[tcp + 12] >> 4) * 4:])
    sys.stdout.buffer.flush()
`

suite('mizzen up --isolate', { skip: reasonFor(findTools) }, () => {
  for (const engine of ['mizzen', 'envoy'] as const) {
    const skip = engine === 'envoy' && reasonFor(() => findEnvoy(process.env))
    test(`lets unmodified applications reach each other by cluster names and real ports (${engine})`, { skip }, async () => {
      const { mine, ps, url } = await isolated(engine)
      const variable = async (name: string) => (await get(`${url}/env?name=${name}`)).body
      assert.deepEqual(
        [await variable('PORT'), await variable('HTTP_PROXY'), await variable('ECHO_ADDR')],
        ['8080', '', 'echo:7000'],
      )
      const call = async (how: string, address: string, group = '') =>
        (await get(`${url}/${how}?url=http://${address}&group=${group}`)).body
      assert.equal(await call('get', 'back/x'), 'back-v1-0 v1 /x')
      assert.equal(await call('fetch', 'back.default.svc.cluster.local/x'), 'back-v1-0 v1 /x')
      assert.equal(await call('fetch', 'back/x', 'beta'), 'back-v2-0 v2 /x', 'a rule of the mesh is in force')
      assert.equal((await get(`${url}/tcp`)).body, 'echo-0 v1 ping')
      assert.match(await call('get', 'nobody/x'), /ENOTFOUND/)
      const { runner } = mine
      assert.ok(traces(runner).length > 0)
      assert.equal((await mine.mizzen('down')).code, 0)
      assert.deepEqual(traces(runner), [])
      assert.ok(!pidsOf(ps).some(isRunning))
    })
  }

  const noPython = reasonFor(() => execFileSync('python3', ['--version'], QUIET))
  test('carries nothing between pods that a listener on the wire could read', { skip: noPython }, async () => {
    const { mine, url } = await isolated('mizzen')
    const prefix = `mz${mine.runner.toString(36)}`
    const [, host = ''] = /inet ([\d.]+)/.exec(execFileSync('ip', ['-4', 'addr', 'show', 'dev', prefix], QUIET)) ?? []
    const listener = spawn('python3', ['-c', LISTEN, prefix, host])
    const heard: Buffer[] = []
    listener.stdout.on('data', bytes => heard.push(bytes))
    try {
      await once(listener.stderr, 'data')
      assert.equal((await get(`${url}/get?url=http://back/only-for-back`)).body, 'back-v1-0 v1 /only-for-back')
      const wire = await until(
        () => Buffer.concat(heard).toString('latin1'),
        text => text.includes('\x16\x03\x01') && text.includes('\x17\x03\x03'),
      )
      assert(!wire.includes('only-for-back'))
      assert(!wire.includes('HTTP/1.1'))
    } finally {
      listener.kill()
    }
  })

  test('leaves nothing after kill -9', async () => {
    const { mine, ps } = await isolated('mizzen')
    const { runner } = mine
    process.kill(runner, 'SIGKILL')
    await until(
      () => [...traces(runner), ...pidsOf(ps).filter(isRunning)],
      left => left.length === 0,
      30_000,
    )
  })
})
