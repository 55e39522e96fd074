/** Filters written in TypeScript: what each hook can do, and that nothing a module does harms more than its own request. */
import assert from 'node:assert/strict'
import { stripTypeScriptTypes } from 'node:module'
import { after, before, describe, it } from 'node:test'
import type { JsonValue } from '../../src/xds/wire/json.ts'
import { type Backend, startBackend } from './backend.ts'
import { bootstrap, cluster, connectionManager, listener, ROUTER } from './bootstrap.ts'
import { type Engine, startEngine } from './engine.ts'
import { exchange, request } from './exchange.ts'

function typescriptFilter(name: string, source: string, more: Record<string, JsonValue> = {}): JsonValue {
  return {
    name,
    typedConfig: {
      '@type': 'type.googleapis.com/mizzen.filters.v1.TypeScriptFilter',
      name,
      module: stripTypeScriptTypes(source),
      timeLimit: '1s',
      ...more,
    },
  }
}

const HOOKS = `
import type { Filter } from 'mizzen/filter'
export default {
  onRequest(request, context) {
    context.state.asked = request.path
    request.headers.set('x-tenant', context.config.tenant)
    request.headers.delete('x-secret')
    if (request.path === '/hooks/forbidden') return new Response('not for you', { status: 403, headers: { 'x-why': 'filter' } })
    if (request.path === '/hooks/moved') request.path = '/hooks/new?place=1'
  },
  onRequestBody(body) {
    if (body.length > 0) return body.toString().toUpperCase()
  },
  onRequestTrailers(trailers) {
    trailers.set('x-sum', '42')
  },
  onResponse(response, request, context) {
    response.headers.set('x-asked', context.state.asked)
    if (request.path === '/hooks/status/404') response.status = 410
  },
  onResponseBody(body, response) {
    if (response.headers.get('content-type') === 'text/plain') return body.toString() + 'and more\\n'
  },
  onResponseTrailers(trailers) {
    trailers.set('x-tail', 'changed')
  },
} satisfies Filter<{ tenant: string }>
`

const TROUBLE = `
export default {
  async onRequest(request) {
    if (request.path === '/trouble/throw') throw new Error('no luck')
    if (request.path === '/trouble/loop') for (;;);
    if (request.path === '/trouble/wait') await new Promise(() => {})
    if (request.path === '/trouble/exit') process.exit(3)
    if (request.path === '/trouble/memory') { const kept = []; for (;;) kept.push(new Array(100000).fill(Math.random())) }
    if (request.path === '/trouble/stack') { const down = () => 1 + down(); down() }
    if (request.path === '/trouble/header') request.headers.set('x-a', 'a\\r\\nb: c')
    if (request.path === '/trouble/path') request.path = '/a HTTP/1.1\\r\\n\\r\\n'
    request.headers.set('x-seen', 'yes')
  },
}
`

describe('filters written in TypeScript', { concurrency: false }, () => {
  const running = new AsyncDisposableStack()
  let backend: Backend
  let engine: Engine
  const start = async (filters: readonly JsonValue[], prefixes: readonly string[]) =>
    startEngine('mizzen', 1, ([port = 0], admin) =>
      bootstrap(
        admin,
        [
          listener(
            'main',
            port,
            connectionManager([], {
              httpFilters: [...filters, ROUTER],
              routeConfig: {
                name: 'routes',
                virtualHosts: [
                  {
                    name: 'all',
                    domains: ['*'],
                    routes: prefixes.map(prefix => ({
                      match: { prefix: `/${prefix}/` },
                      route: { cluster: 'web', prefixRewrite: '/' },
                    })),
                  },
                ],
              },
            }),
          ),
        ],
        [cluster('web', [backend.http])],
      ),
    )
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET', body = '') =>
    exchange(engine.ports[0] ?? 0, request(method, path, headers, body))

  describe('whose module does as it should', () => {
    before(async () => {
      backend = running.use(await startBackend())
      engine = running.use(await start([typescriptFilter('test/hooks', HOOKS, { config: { tenant: 'blue' } })], ['hooks']))
    })
    it('change the headers of requests and responses', async () => {
      const answer = await get('/hooks/echo', { 'x-secret': 'a' })
      assert.equal(answer.status, 200)
      assert.match(answer.body, /x-tenant: blue/)
      assert.doesNotMatch(answer.body, /x-secret/)
      assert.ok(answer.headers.includes('x-asked: /hooks/echo'), answer.headers.join())
    })
    it('answer in the place of the upstream', async () => {
      const answer = await get('/hooks/forbidden')
      assert.equal(answer.status, 403)
      assert.equal(answer.body, 'not for you')
      assert.ok(answer.headers.includes('x-why: filter'))
    })
    it('lead a request somewhere else', async () => {
      assert.match((await get('/hooks/moved')).body, /\/new\?place=1/)
    })
    it('rewrite bodies in both directions', async () => {
      assert.match((await get('/hooks/echo', {}, 'POST', 'quiet')).body, /"body":"QUIET"/)
      const answer = await get('/hooks/status/200')
      assert.equal(answer.body, 'status 200\nand more\n')
      assert.ok(answer.headers.includes('content-length: 20'), answer.headers.join())
    })
    it('change the status of a response', async () => {
      assert.equal((await get('/hooks/status/404')).status, 410)
    })
    it('change trailers in both directions', async () => {
      assert.deepEqual((await get('/hooks/trailers')).trailers, ['x-tail: changed'])
      const chunked = 'POST /hooks/echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n'
      assert.match((await exchange(engine.ports[0] ?? 0, chunked)).body, /"body":"HI"/)
    })
    it('count what they do', async () => {
      const stats = await (await fetch(`http://127.0.0.1:${engine.admin}/stats`)).text()
      assert.match(stats, /typescript\.test\/hooks\.asked: \d\d/)
      assert.match(stats, /typescript\.test\/hooks\.answered: 1/)
      assert.match(stats, /typescript\.test\/hooks\.threw: 0/)
    })
  })

  describe('whose module misbehaves', () => {
    before(async () => {
      engine = running.use(await start([typescriptFilter('test/trouble', TROUBLE)], ['trouble']))
    })
    const fine = async () => {
      for (let attempt = 0; attempt < 400; attempt++) {
        const answer = await get('/trouble/echo')
        if (answer.status === 200 && answer.body.includes('x-seen: yes')) return
        await new Promise(resolve => setTimeout(resolve, 20))
      }
      assert.fail('the filter did not recover')
    }
    for (const what of ['throw', 'header', 'path', 'stack', 'loop', 'wait', 'exit', 'memory', 'loop']) {
      it(`fail the request, and only this one: ${what}`, async () => {
        const answer = await get(`/trouble/${what}`)
        assert.equal(answer.status, 500)
        assert.equal(answer.body, 'the filter test/trouble failed')
        await fine()
      })
    }
    it('keep the proxy answering while the module hangs', async () => {
      const hung = get('/trouble/loop')
      const started = performance.now()
      const ready = await fetch(`http://127.0.0.1:${engine.admin}/ready`)
      assert.equal(ready.status, 200)
      assert.ok(performance.now() - started < 250)
      assert.equal((await hung).status, 500)
      await fine()
    })
    it('say in the log what happened', () => assert.match(engine.errors(), /"test\/trouble": Error: no luck/))
  })

  describe('that let requests pass when their module fails', () => {
    before(async () => {
      const broken = typescriptFilter('test/broken', 'export const nothing = 1', { failOpen: true })
      engine = running.use(await start([typescriptFilter('test/open', TROUBLE, { failOpen: true }), broken], ['trouble']))
    })
    it('do so, unchanged', async () => {
      for (const path of ['/trouble/throw', '/trouble/wait', '/trouble/loop']) assert.equal((await get(path)).status, 200, path)
      assert.match(engine.errors(), /Cannot use the module of "test\/broken": .*no default export/)
    })
  })
  after(() => running.disposeAsync())
})
