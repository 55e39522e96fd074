/** `mizzen up` on a small mesh, from the outside: the command as it is published, real processes, both data planes. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { afterEach, suite, test } from 'node:test'
import { findEnvoy } from '../../src/run/engine.ts'
import { backRoutes, deployment, documents, service, smallMesh } from './manifests.ts'
import { get, isRunning, pidsOf, Sandbox, until } from './mizzen.ts'

let sandbox: Sandbox | undefined
afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

function mesh(files: Readonly<Record<string, string>> = smallMesh()): Sandbox {
  sandbox = new Sandbox(files)
  return sandbox
}

function urlOf({ ingress }: { readonly ingress: readonly { readonly url: string }[] }): string {
  const [first] = ingress
  assert.ok(first)
  return first.url
}

function hasEnvoy(): boolean {
  try {
    findEnvoy(process.env)
    return true
  } catch {
    return false
  }
}

for (const engine of ['mizzen', 'envoy'] as const) {
  suite(`mizzen up --engine ${engine}`, {
    skip: engine === 'envoy' && !hasEnvoy() ? 'there is no Envoy on this machine' : false,
  }, () => {
    test('brings requests through the gateway, from service to service, and over TCP', async () => {
      const ps = await mesh().up('--engine', engine)
      const url = urlOf(ps)
      assert.equal(ps.ingress[0]?.host, '*')
      assert.deepEqual(Object.keys(ps).toSorted(), ['controlPlane', 'dashboard', 'ingress', 'rollouts', 'workloads'])
      assert.deepEqual(
        ps.workloads.map(
          workload => `${workload.namespace}/${workload.name} ${workload.version} ${workload.engine} ${workload.ready}`,
        ),
        [
          `default/back-v1-0 v1 ${engine} true`,
          `default/back-v2-0 v2 ${engine} true`,
          `default/echo-0 v1 ${engine} true`,
          `default/front-0 v1 ${engine} true`,
          `istio-system/istio-ingressgateway-0  ${engine} true`,
        ],
      )
      assert.ok(pidsOf(ps).every(isRunning))

      assert.deepEqual(await get(`${url}/hello`), { status: 200, body: 'front-0 v1 /hello' })
      const called = (how: string, address: string, more = '') => get(`${url}/${how}?url=http://${address}${more}`)
      assert.deepEqual(await called('fetch', 'back/x'), { status: 200, body: 'back-v1-0 v1 /x' }, 'fetch, a short name')
      assert.deepEqual(
        await called('get', 'back.default/x'),
        { status: 200, body: 'back-v1-0 v1 /x' },
        'http.get, a name with a namespace',
      )
      assert.deepEqual(await called('fetch', 'back.default.svc.cluster.local:80/x'), { status: 200, body: 'back-v1-0 v1 /x' })
      assert.deepEqual(
        await called('fetch', 'back/x', '&group=beta'),
        { status: 200, body: 'back-v2-0 v2 /x' },
        'a rule on a header',
      )
      assert.deepEqual(
        await get(`${url}/tcp`),
        { status: 200, body: 'echo-0 v1 ping' },
        'an address in env, over a forwarded port',
      )

      const page = await get(`${ps.dashboard}/status.json`)
      assert.equal(JSON.parse(page.body).proxies.length, 5)
      assert.equal((await get(ps.dashboard)).status, 200)
    })

    test('applies an edit within a second, keeps serving through a bad one, and says where it is', async () => {
      const mine = mesh()
      const url = urlOf(await mine.up('--engine', engine))
      const version = async () => (await get(`${url}/fetch?url=http://back/`)).body
      assert.equal(await version(), 'back-v1-0 v1 /')
      mine.write('routes.yaml', backRoutes(0))
      await until(version, body => body === 'back-v2-0 v2 /', 1000)

      mine.edit('routes.yaml', text => text.replace('weight: 0', 'wieght: 0'))
      const logs = await until(
        () => mine.logs(),
        text => text.includes('wieght'),
      )
      assert.match(logs, /routes\.yaml:13:11: error: .*"wieght"/)
      assert.equal(await version(), 'back-v2-0 v2 /')

      mine.write('routes.yaml', backRoutes(100))
      await until(version, body => body === 'back-v1-0 v1 /', 1000)
      const all = await until(
        () => mine.logs('mizzen'),
        text => /VirtualService default\/back .*live on \d+ prox(y|ies) in \d+ ms/.test(text),
      )
      assert.match(all, /VirtualService default\/back .*is in order again/)
    })

    test('restarts a program that crashed, and only that', async () => {
      const mine = mesh()
      const before = await mine.up('--engine', engine)
      const url = urlOf(before)
      assert.equal((await get(`${url}/crash`)).body, 'bye')
      const restarted = await until(
        () => mine.ps(),
        ({ workloads }) => workloads.some(({ name, ready, pid }) => name === 'front-0' && ready && !pidsOf(before).includes(pid)),
      )
      const others = (ps: typeof before) => pidsOf({ ...ps, workloads: ps.workloads.filter(({ name }) => name !== 'front-0') })
      assert.deepEqual(others(restarted), others(before))
      assert.match(await mine.logs('mizzen'), /front-0 ended: exit code 3; it starts again in 0\.5 s/)
      assert.equal((await get(`${url}/again`)).body, 'front-0 v1 /again')
    })
  })
}

test('mizzen up runs both data planes in one mesh, and changes one for the other when its annotation does', async t => {
  if (!hasEnvoy()) return t.skip('there is no Envoy on this machine')
  const files = smallMesh()
  const back = (engine: string) =>
    documents(service('back', 80), deployment('back-v1', 'back', { engine }), deployment('back-v2', 'back', { version: 'v2' }))
  const mine = mesh({ ...files, 'back.yaml': back('envoy') })
  const ps = await mine.up()
  const engines = ({ workloads }: typeof ps) => workloads.map(({ name, engine }) => `${name} ${engine}`)
  assert.deepEqual(engines(ps).slice(0, 2), ['back-v1-0 envoy', 'back-v2-0 mizzen'])
  const url = urlOf(ps)
  const version = async () => (await get(`${url}/fetch?url=http://back/`)).body
  assert.equal(await version(), 'back-v1-0 v1 /')
  mine.write('back.yaml', back('mizzen'))
  // The successor comes up beside the old pod, which goes then.
  const changed = await until(
    () => mine.ps(),
    now =>
      now.workloads.every(({ ready }) => ready) &&
      engines(now)[0] === 'back-v1-1 mizzen' &&
      now.workloads.length === ps.workloads.length,
  )
  assert.deepEqual(changed.workloads.slice(1), ps.workloads.slice(1), 'no other pod was touched')
  assert.equal(await version(), 'back-v1-1 v1 /')
})

test('mizzen up follows replicas and services of edited manifests', async () => {
  const mine = mesh()
  const before = await mine.up()
  const url = urlOf(before)
  const front = (replicas: number) =>
    documents(service('front', 80), deployment('front', 'front', { replicas, env: { ECHO_ADDR: 'echo:7000' } }))
  mine.write('front.yaml', front(2))
  const two = await until(
    () => mine.ps(),
    ({ workloads }) => workloads.some(({ name, ready }) => name === 'front-1' && ready),
  )
  assert.deepEqual(
    pidsOf(two).filter(pid => pidsOf(before).includes(pid)),
    pidsOf(before),
    'nothing else was restarted',
  )
  await until(
    async () => (await get(url)).body,
    body => body === 'front-1 v1 /',
  )
  mine.write('front.yaml', front(1))
  const one = await until(
    () => mine.ps(),
    ({ workloads }) => workloads.length === before.workloads.length,
  )
  assert.deepEqual(one.workloads, before.workloads)

  mine.write('late.yaml', documents(service('late', 7100, 'tcp'), deployment('late', 'late', { env: { PROTOCOL: 'tcp' } })))
  await until(
    () => mine.ps(),
    ({ workloads }) => workloads.some(({ name, ready }) => name === 'late-0' && ready),
  )
  mine.write('front.yaml', documents(service('front', 80), deployment('front', 'front', { env: { ECHO_ADDR: 'late:7100' } })))
  await until(
    async () => (await get(`${url}/tcp`)).body,
    body => body === 'late-0 v1 ping',
  )
})

test('mizzen up replaces a changed pod without failing a request, and keeps the old one while the new one fails', async () => {
  const mine = mesh()
  const url = urlOf(await mine.up())
  const answers = new Map<string, number>()
  let stop = false
  const load = (async () => {
    while (!stop) {
      const { status, body } = await get(`${url}/fetch?url=http://back/`).catch(error => ({ status: 0, body: String(error) }))
      const answer = `${status} ${body}`
      answers.set(answer, (answers.get(answer) ?? 0) + 1)
    }
  })()
  const back = (version: string, command?: readonly string[]) =>
    documents(
      service('back', 80),
      deployment('back-v1', 'back', { env: { NOTE: version }, ...(command ? { command } : {}) }),
      deployment('back-v2', 'back', { version: 'v2' }),
    )
  mine.write('back.yaml', back('edited'))
  await until(
    () => answers.get('200 back-v1-1 v1 /') ?? 0,
    count => count > 5,
  )
  mine.write('back.yaml', back('edited', ['node', 'no-such-file.js']))
  const logs = await until(
    () => mine.logs('mizzen'),
    text => text.includes('there is no "no-such-file.js"'),
  )
  assert.match(logs, /back-v1-0 ended: exit code 1; it starts again/)
  const before = answers.get('200 back-v1-1 v1 /') ?? 0
  await until(
    () => answers.get('200 back-v1-1 v1 /') ?? 0,
    count => count > before + 5,
  )
  stop = true
  await load
  assert.deepEqual([...answers.keys()], ['200 back-v1-0 v1 /', '200 back-v1-1 v1 /'])
})

test('mizzen up says exactly what is missing when a container has no command here', async () => {
  const image = deployment('back-v1', 'back').replace(/ *command: .*\n/, '')
  const mine = mesh({ ...smallMesh(), 'back.yaml': documents(service('back', 80), image) })
  const { code, stdout } = await mine.mizzen('up', '--detach')
  assert.equal(code, 1)
  assert.match(
    stdout,
    /back\.yaml:23:\d+: error: Cannot run container "app" on this machine: it has an image \("registry.example\/back:1"\) and no command/,
  )
  assert.match(
    stdout,
    /fix: add to spec\.template\.metadata\.annotations \(.*back\.yaml:20\) the line {2}mizzen\.dev\/command: node server\.js/,
  )
  const ps = await mine.ps()
  assert.ok(
    ps.workloads.some(({ name, ready }) => name === 'front-0' && ready),
    'what can run, does',
  )
})

test('mizzen up --detach gives up after --timeout and names what is not ready', async () => {
  const sleeper = deployment('back-v1', 'back', { command: ['node', '-e', 'setInterval(() => {}, 1000)'] })
  const mine = mesh({ ...smallMesh(), 'back.yaml': documents(service('back', 80), sleeper) })
  const { code, stdout } = await mine.mizzen('up', '--detach', '--timeout', '4s')
  assert.equal(code, 1)
  assert.match(stdout, /Not everything is ready after 4 s/)
  assert.match(stdout, /back-v1-0 is starting/)
})

test('mizzen up takes the next port when the one of the ingress is in use, and says so', async () => {
  const busy = net.createServer().listen(0, '127.0.0.1')
  await once(busy, 'listening')
  const address = busy.address()
  assert.ok(address && typeof address === 'object')
  const mine = mesh()
  const { code, stdout } = await mine.mizzen('up', '--detach', '--ingress-port', String(address.port))
  busy.close()
  assert.equal(code, 0, stdout)
  assert.match(stdout, new RegExp(`port ${address.port} is in use by another program; --ingress-port chooses another`))
  const url = urlOf(await mine.ps())
  assert.notEqual(new URL(url).port, String(address.port))
  assert.equal((await get(url)).status, 200)
})
