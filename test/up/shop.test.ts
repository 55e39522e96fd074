/**
 * The shop as `npm start` runs it: it opens, a purchase goes through all its services, and each experiment that it prints works as printed.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { ENVOY_MISSING, envoyBinary } from '../scenarios/engines.ts'

const repository = path.resolve(import.meta.dirname, '../..')

describe('mizzen up examples/shop', () => {
  let folder: string
  let printed: string
  let ingress: string

  const mizzen = (...args: readonly string[]) => run(process.execPath, [path.join(repository, 'dist/mizzen.js'), ...args])
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, {
      cwd: repository,
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: path.join(folder, 'state') },
    })
  const json = async (url: string, init?: RequestInit) =>
    (await fetch(ingress + url, init)).json() as Promise<Record<string, unknown>>

  before(() => {
    // Inside the repository: the shop's programs find their packages as they do in examples/.
    mkdirSync(path.join(repository, 'build'), { recursive: true })
    folder = mkdtempSync(path.join(repository, 'build/test-shop-'))
    cpSync(path.join(repository, 'examples/shop'), path.join(folder, 'shop'), { recursive: true })
    printed = mizzen('up', path.join(folder, 'shop'), '--detach', '--timeout', '100s')
    ingress = /The shop is open: +(http:\S+)/.exec(printed)?.[1] ?? ''
  })
  after(() => {
    mizzen('down', path.join(folder, 'shop'))
    rmSync(folder, { recursive: true, force: true })
  })

  it('says that all workloads are ready, where to go, and four things to try', () => {
    assert.match(printed, /13 workloads are ready/)
    assert.match(ingress, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.equal(experiments(printed).length, 4)
  })

  it('shows its page', async () => {
    const answer = await fetch(`${ingress}/`)
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /<title>Mizzen shop<\/title>/)
  })

  it('sells: HTTP, gRPC, TCP and an outside service in one purchase', async () => {
    const post = (url: string, body: unknown) =>
      json(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
    assert.deepEqual((await post('/api/cart', { cart: 'test', product: 'rope' }))['items'], ['rope'])
    const order = await post('/api/orders', { cart: 'test', currency: 'NOK' })
    assert.match(String(order['payment']), /^pay-\d+$/, JSON.stringify(order))
    assert.deepEqual((await json('/api/cart/test'))['items'], [])
  })

  it('hides the flaky reviews behind retries', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => json('/api/products')))
    const products = answers.flatMap(answer => answer['products'] as { unavailable?: string }[])
    // Three of ten attempts fail and there are five: one answer in four hundred may still be missing.
    assert.ok(products.filter(product => product.unavailable !== undefined).length <= 5, 'nearly all reviews arrive')
  })

  it('tells of each proxy what it has, and by which line', () => {
    const config = (part: string, pod: string, ...more: readonly string[]) =>
      mizzen('proxy-config', part, pod, path.join(folder, 'shop'), ...more)
    const routes = config('routes', 'cart-0.shop')
    assert.match(routes, /^NAME +VHOST NAME +DOMAINS +MATCH +TO +ORIGIN\n/)
    assert.match(
      routes,
      /\/\* \[x-test-group\] +outbound\|80\|v2\|catalog\S+ +VirtualService shop\/catalog http\[0\] \S*catalog\.yaml:\d+\n/,
    )
    assert.match(
      config('clusters', 'shop/cart-0', '--port', '6400'),
      /\ncache\.shop\.svc\.cluster\.local +6400 +- +outbound +EDS .*cache\.yaml\n$/,
    )
    assert.match(
      config('endpoints', 'cart-0', '--fqdn', 'payments.shop.svc.cluster.local'),
      /\n127\.0\.0\.1:\d+ +HEALTHY +OK +outbound\|50051\|\|payments\.shop\.svc\.cluster\.local\n$/,
    )
    assert.match(config('secret', 'cart-0'), /\nspiffe:\/\/cluster\.local\/ns\/shop\/sa\/cart +Cert Chain +true /)
    assert.ok(Array.isArray(JSON.parse(config('endpoints', 'cart-0', '-o', 'json'))))
    assert.throws(() => config('routes', 'cart-1'), /Cannot find the proxy "cart-1": did you mean "cart-0"\?/)
  })

  it('experiment 1: the test group sees v2', () => {
    for (let i = 0; i < 10; i++) assert.equal(shell(1).trim(), '{"catalog":"v2"}')
  })

  it('experiment 2: half of the visitors see v2 a second after the edit', () => {
    const counts = Object.fromEntries(
      [...shell(2).matchAll(/(\d+) {"catalog":"(v\d)"}/g)].map(([, count, version]) => [version, Number(count)]),
    )
    assert.equal((counts['v1'] ?? 0) + (counts['v2'] ?? 0), 20)
    assert.ok((counts['v2'] ?? 0) >= 3, `with even weights fewer than 3 of 20 is one in five thousand: ${JSON.stringify(counts)}`)
  })

  it('experiment 3: the fault hits the request that asks for it, and no other', async () => {
    assert.match(shell(3), /cart\/carts\/me answered 500: fault filter abort/)
    assert.equal((await fetch(`${ingress}/api/cart/me`)).status, 200)
  })

  it('experiment 4: reviews come back behind Envoy', { skip: envoyBinary() ? false : ENVOY_MISSING }, async () => {
    shell(4)
    const engines = () => {
      const ps = JSON.parse(mizzen('ps', path.join(folder, 'shop'), '-o', 'json')) as {
        workloads: { name: string; engine: string; ready: boolean }[]
      }
      return ps.workloads.filter(workload => workload.name.startsWith('reviews')).map(({ engine, ready }) => `${engine} ${ready}`)
    }
    for (let attempt = 0; attempt < 100 && engines().join() !== 'envoy true,envoy true'; attempt++) await delay(200)
    assert.deepEqual(engines(), ['envoy true', 'envoy true'])
    const { products } = await json('/api/products')
    assert.equal((products as unknown[]).length, 5)
  })

  /** Runs the experiment exactly as it was printed. */
  function shell(number: number): string {
    return run('sh', ['-c', experiments(printed)[number - 1] ?? 'exit 1'])
  }
})

/** The command lines below "1. ...", "2. ..." */
function experiments(printed: string): string[] {
  return [...printed.matchAll(/^ +\d\. .*\n +(\S.*)$/gm)].map(match => match[1] ?? '')
}
