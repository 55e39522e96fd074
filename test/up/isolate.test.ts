/** `mizzen up --isolate`: a network for each pod, and no trace of it afterwards. Needs Linux and root. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
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
