/**
 * How the process starts and ends: bad bootstraps, draining on SIGTERM, the second signal; and what the admin endpoint shows and does.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, it, test } from 'node:test'
import { jsonToBytes } from '../../src/xds/wire/json.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, listener, tcpProxy } from './bootstrap.ts'
import { type Engine, ready, startEngine } from './engine.ts'
import { exchange, request, Wire } from './exchange.ts'
import { Load, until } from './load.ts'

const main = path.resolve(import.meta.dirname, '../../src/proxy/main.ts')

describe('a proxy that is told to end', () => {
  const running = new AsyncDisposableStack()
  let backend: Backend
  before(async () => {
    backend = running.use(await startBackend())
  })
  after(() => running.disposeAsync())

  function start(...flags: string[]): Promise<Engine> {
    return startEngine(
      'mizzen',
      2,
      ([http = 0, tcp = 0], admin) =>
        bootstrap(
          admin,
          [
            listener('http', http, connectionManager([{ match: { prefix: '/' }, route: { cluster: 'web', timeout: '0s' } }])),
            listener('tcp', tcp, tcpProxy({ cluster: 'tcp' })),
          ],
          [cluster('web', [backend.http]), cluster('tcp', [backend.tcp])],
        ),
      flags,
    )
  }

  it('finishes what is under way, says so to its clients, and ends with 0', async () => {
    await using engine = await start()
    const kept = new Wire(engine.ports[0] ?? 0)
    kept.send(request('GET', '/echo'))
    assert.equal((await kept.response(false)).end, 'open')
    const slow = exchange(engine.ports[0] ?? 0, request('GET', '/slow/500'))
    await until('the request', () => backend.seen.some(seen => seen.path === '/slow/500'))
    const exited = once(engine.child, 'exit')
    engine.child.kill('SIGTERM')
    await until('draining', async () => (await ready(engine.admin)) === 'DRAINING')
    // A connection that is kept gets its next request answered, and is told to leave.
    kept.send(request('GET', '/echo'))
    const answer = await kept.response(false)
    assert.equal(answer.status, 200)
    assert.equal(answer.end, 'closed')
    assert.equal((await slow).body, 'slow\n')
    assert.deepEqual(await exited, [0, null])
    assert.match(engine.output(), /GET \/slow\/500/)
  })

  it('loses no request of clients that keep their connections', async () => {
    await using engine = await start()
    const load = new Load(engine.ports[0] ?? 0, 8, '/status/200')
    await until('load', () => load.requests > 100)
    const exited = once(engine.child, 'exit')
    engine.child.kill('SIGTERM')
    await exited
    await load.stop()
    // Who comes when nobody listens any more is refused; whoever was let in is served.
    assert.deepEqual(
      load.failures.filter(failure => !failure.includes('ECONNREFUSED')),
      [],
    )
  })

  it('ends at once at the second signal', async () => {
    await using engine = await start()
    const tcp = new Wire(engine.ports[1] ?? 0)
    tcp.send('x')
    await tcp.bytes(3)
    const exited = once(engine.child, 'exit')
    engine.child.kill('SIGTERM')
    await until('draining', async () => (await ready(engine.admin)) === 'DRAINING')
    engine.child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.equal(await tcp.rest(), '')
  })

  it('cuts what is left when the drain time is over', async () => {
    await using engine = await start('--drain-time-s', '0.3')
    const tcp = new Wire(engine.ports[1] ?? 0)
    tcp.send('x')
    await tcp.bytes(3)
    const exited = once(engine.child, 'exit')
    engine.child.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
  })

  it('ends by POST /quitquitquit too', async () => {
    await using engine = await start()
    const exited = once(engine.child, 'exit')
    assert.equal((await fetch(`http://127.0.0.1:${engine.admin}/quitquitquit`)).status, 405)
    await fetch(`http://127.0.0.1:${engine.admin}/quitquitquit`, { method: 'POST' })
    assert.deepEqual(await exited, [0, null])
  })
})

describe('the admin endpoint', () => {
  const running = new AsyncDisposableStack()
  let engine: Engine
  before(async () => {
    const backend = running.use(await startBackend())
    const secret = { name: 'key', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'web' } }] }
    engine = running.use(
      await startEngine('mizzen', 1, ([port = 0], admin) =>
        bootstrap(
          admin,
          [listener('main', port, connectionManager([], { routeConfig: { name: 'r', virtualHosts: [secret] } }))],
          [cluster('web', [backend.http])],
        ),
      ),
    )
    await exchange(engine.ports[0] ?? 0, request('GET', '/echo'))
  })
  after(() => running.disposeAsync())

  const page = async (target: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${engine.admin}${target}`, { method })
    return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') ?? '' }
  }

  it('GET /ready says LIVE', async () =>
    assert.deepEqual(await page('/ready'), { status: 200, text: 'LIVE\n', type: 'text/plain; charset=UTF-8' }))

  it('GET /server_info tells state and node', async () => {
    const info = JSON.parse((await page('/server_info')).text)
    assert.equal(info.state, 'LIVE')
    assert.equal(info.node.id, 'test')
  })

  it('GET /stats counts, filters and renders', async () => {
    assert.equal((await page('/stats?filter=^http\\.test\\.downstream_rq_2xx$')).text, 'http.test.downstream_rq_2xx: 1\n')
    assert.match((await page('/stats/prometheus')).text, /envoy_cluster_upstream_rq_total\{envoy_cluster_name="web"\} 1/)
    assert.ok(Array.isArray(JSON.parse((await page('/stats?format=json')).text).stats))
    assert.equal((await page('/stats?filter=(')).status, 500)
  })

  it('GET /clusters and /listeners list what there is', async () => {
    assert.match((await page('/clusters')).text, /^web::127\.0\.0\.1:\d+::rq_total::1$/m)
    const [found] = JSON.parse((await page('/clusters?format=json')).text).cluster_statuses
    assert.equal(found.host_statuses[0].health_status.eds_health_status, 'HEALTHY')
    assert.equal((await page('/listeners')).text, `main::127.0.0.1:${engine.ports[0]}\n`)
    assert.equal(
      JSON.parse((await page('/listeners?format=json')).text).listener_statuses[0].local_address.socket_address.port_value,
      engine.ports[0],
    )
  })

  it('GET /config_dump shows everything, or what is asked for', async () => {
    const types = JSON.parse((await page('/config_dump')).text).configs.map((section: { '@type': string }) =>
      section['@type'].split('.').at(-1),
    )
    assert.deepEqual(types, ['BootstrapConfigDump', 'ClustersConfigDump', 'ListenersConfigDump', 'RoutesConfigDump'])
    const clusters = JSON.parse((await page('/config_dump?resource=static_clusters')).text).configs
    assert.equal(clusters[0].cluster.name, 'web')
    assert.equal((await page('/config_dump?resource=nothing')).status, 404)
  })

  it('POST /logging sets the level, and refuses what is none', async () => {
    assert.match((await page('/logging?level=error', 'POST')).text, /mizzen: error/)
    assert.equal((await page('/logging?level=loud', 'POST')).status, 400)
    assert.equal((await page('/logging?level=error')).status, 405)
  })

  it('POST /healthcheck/fail makes responses say "close", until /healthcheck/ok', async () => {
    assert.equal((await page('/healthcheck/fail', 'POST')).text, 'OK\n')
    assert.equal((await exchange(engine.ports[0] ?? 0, request('GET', '/echo'))).end, 'closed')
    assert.equal((await page('/ready')).status, 503)
    await page('/healthcheck/ok', 'POST')
    assert.equal((await exchange(engine.ports[0] ?? 0, request('GET', '/echo'))).end, 'open')
  })

  it('an unknown page is 404 with the list of those there are', async () => {
    const answer = await page('/nothing')
    assert.equal(answer.status, 404)
    assert.match(answer.text, /\/config_dump/)
    assert.match((await page('/')).text, /<a href="\/stats">/)
  })

  it('POST /drain_listeners stops accepting', async () => {
    await page('/drain_listeners', 'POST')
    await assert.rejects(fetch(`http://127.0.0.1:${engine.ports[0]}/`), /fetch failed/)
  })
})

async function run(
  args: readonly string[],
  file?: readonly [name: string, content: string | Uint8Array],
): Promise<{ code: number; errors: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mizzen-proxy-start-'))
  try {
    const given = file === undefined ? args : [...args, '-c', path.join(folder, file[0])]
    if (file !== undefined) await writeFile(path.join(folder, file[0]), file[1])
    const child = spawn(process.execPath, [main, ...given], { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', bytes => {
      errors += bytes
    })
    const [code] = await once(child, 'exit')
    return { code, errors }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const STARTS: readonly {
  readonly name: string
  readonly args?: readonly string[]
  readonly file?: readonly [string, string | Uint8Array]
  readonly code: number
  readonly says: RegExp
}[] = [
  { name: 'without a bootstrap', code: 2, says: /no bootstrap, expected -c FILE\nusage:/ },
  { name: 'with an unknown flag', args: ['--bogus'], code: 2, says: /--bogus/ },
  {
    name: 'with a bad number',
    args: ['-c', 'x', '--drain-time-s', 'soon'],
    code: 2,
    says: /--drain-time-s "soon", expected a number/,
  },
  { name: 'with a file that is not there', args: ['-c', '/nowhere/b.json'], code: 1, says: /ENOENT.*\/nowhere\/b\.json/ },
  { name: 'with a file that is no JSON', file: ['b.json', '{'], code: 1, says: /Cannot read bootstrap: ".*b\.json"/ },
  {
    name: 'with a field that does not exist',
    file: ['b.json', '{"nodes":{}}'],
    code: 1,
    says: /Cannot read bootstrap: ".*b\.json", .*nodes/,
  },
  { name: 'with a file of another kind', file: ['b.txt', ''], code: 1, says: /ends in "\.txt", expected \.pb, \.json or \.yaml/ },
  { name: 'with bytes that are no message', file: ['b.pb', Buffer.from([0xff, 0xff])], code: 1, says: /Cannot read bootstrap/ },
  {
    name: 'with a listener that can not be used',
    file: [
      'b.yaml',
      'static_resources: {listeners: [{name: l, address: {socket_address: {address: 127.0.0.1, port_value: 1}}}]}',
    ],
    code: 1,
    says: /Cannot apply listener "l": it has no filter chain/,
  },
  {
    name: 'with a cluster that can not be used',
    file: [
      'b.pb',
      jsonToBytes('envoy.config.bootstrap.v3.Bootstrap', { staticResources: { clusters: [{ name: 'c', type: 'EDS' }] } }),
    ],
    code: 1,
    says: /cluster "c".*eds_cluster_config/,
  },
]

for (const { name, args = [], file, code, says } of STARTS) {
  test(`the proxy does not start ${name}, and says why`, async () => {
    const ended = await run(args, file)
    assert.match(ended.errors, says)
    assert.equal(ended.code, code)
  })
}
