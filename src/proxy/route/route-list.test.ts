import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../lib/random.ts'
import { HeaderList } from '../http/headers.ts'
import type { RequestHead } from '../http/stream.ts'
import type { RouteContext, RouteDecision } from './decision.ts'
import { type CompiledRoute, compileRouteList } from './route-list.ts'
import type { PathCriterion } from './route-match.ts'

const decide = (): RouteDecision => {
  throw new Error('these tests look at the route, not at its decision')
}
const context: RouteContext = {
  remoteAddress: '',
  remotePort: 0,
  localAddress: '',
  localPort: 0,
  startTime: 0,
  random: () => 0,
  metadata: undefined,
  setCookie: () => {},
}

function head(path: string, group: string): RequestHead {
  const headers = new HeaderList(group === '' ? [] : ['x-group', group])
  return { protocol: 'HTTP/1.1', method: 'GET', scheme: 'http', authority: '', path, headers, upgrade: undefined }
}

/** Paths over a tiny alphabet, so that prefixes nest and exact paths are hit. */
function randomPath(random: () => number, longest: number): string {
  let path = ''
  const length = Math.floor(random() * longest)
  for (let i = 0; i < length; i++) path += '/ab'[Math.floor(random() * 3)] ?? ''
  return path
}

function randomCriterion(random: () => number): PathCriterion {
  const value = `/${randomPath(random, 6)}`
  const kind = random()
  if (kind < 0.35) return { kind: 'exact', value }
  if (kind < 0.85) return { kind: 'prefix', value: random() < 0.05 ? '' : value }
  return { kind: 'test', test: path => path.endsWith(value), prefixLength: undefined }
}

function randomRoutes(random: () => number): CompiledRoute[] {
  return Array.from({ length: Math.floor(random() * 60) }, () => ({
    path: randomCriterion(random),
    rest: random() < 0.6 ? ({ headers }: RequestHead) => headers.get('x-group') === 'test' : undefined,
    decide,
    outcomes: () => [],
  }))
}

/** What the configuration says, read literally. */
function firstMatch(routes: readonly CompiledRoute[], request: RequestHead): CompiledRoute | undefined {
  return routes.find(({ path, rest }) => {
    const holds =
      path.kind === 'exact'
        ? request.path === path.value
        : path.kind === 'prefix'
          ? request.path.startsWith(path.value)
          : path.kind === 'test' && path.test(request.path)
    return holds && (!rest || rest(request, context))
  })
}

test('compileRouteList() finds the first route that matches, walked or indexed', () => {
  let matched = 0
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed)
    const routes = randomRoutes(random)
    const indexed = compileRouteList(routes, 0)
    const walked = compileRouteList(routes, Number.POSITIVE_INFINITY)
    for (let i = 0; i < 40; i++) {
      const request = head(`/${randomPath(random, 9)}`, random() < 0.5 ? 'test' : '')
      const expected = firstMatch(routes, request)
      if (expected) matched++
      assert.equal(indexed(request, request.path, context), expected, `seed ${seed}, ${request.path}, indexed`)
      assert.equal(walked(request, request.path, context), expected, `seed ${seed}, ${request.path}, walked`)
    }
  }
  assert.ok(matched > 3000, `only ${matched} requests matched anything`)
})

test('compileRouteList() gives CONNECT to CONNECT routes only, and other methods never', () => {
  const route = (path: PathCriterion): CompiledRoute => ({ path, rest: undefined, decide, outcomes: () => [] })
  const any = route({ kind: 'prefix', value: '' })
  const connect = route({ kind: 'connect' })
  const find = compileRouteList([any, connect])
  assert.equal(find({ ...head('', ''), method: 'CONNECT' }, '', context), connect)
  assert.equal(find(head('/', ''), '/', context), any)
  assert.equal(compileRouteList([any])({ ...head('', ''), method: 'CONNECT' }, '', context), undefined)
  assert.equal(compileRouteList([connect])(head('/', ''), '/', context), undefined)
})
