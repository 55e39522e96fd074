/**
 * The promise of the page: five ways to break the shop, each of them named with the file and the line to change, by the page and by
 * `mizzen explain last-error`.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { BROWSER_MISSING, Browser, picture } from './browser.ts'
import { Shop } from './shop.ts'

interface Breakage {
  readonly name: string
  readonly file: string
  readonly edit: (text: string) => string
  /** A request that meets it. */
  readonly meet: (shop: Shop) => Promise<number>
  /** What has to be changed: a text on that line, of the broken file, for the n-th time. */
  readonly line: readonly [text: string, nth: number]
  readonly object: string
  readonly says: RegExp
}

const BREAKAGES: readonly Breakage[] = [
  {
    name: 'a wrong weight',
    file: 'catalog.yaml',
    // v2 is taken down, and then everything is sent there.
    edit: text =>
      text
        .replace(/(name: catalog-v2[\s\S]*?replicas:) 1/, '$1 0')
        .replace('weight: 90', 'weight: 0')
        .replace('weight: 10', 'weight: 100'),
    meet: shop => shop.get('/api/version'),
    line: ['weight: 100', 1],
    object: 'VirtualService shop/catalog',
    says: /weight 100 sends 100 % of the requests to subset v2 of catalog, where no pod is ready/i,
  },
  {
    name: 'a STRICT/plaintext clash',
    file: 'cart.yaml',
    edit: text => `${text}---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  mtls:
    mode: STRICT
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec:
  host: cart
  trafficPolicy:
    tls:
      mode: DISABLE
`,
    meet: shop => shop.get('/api/cart/me'),
    line: ['mode: DISABLE', 1],
    object: 'DestinationRule shop/cart',
    says: /cart takes mutual TLS only \(STRICT\), and a DestinationRule makes its clients send plaintext/i,
  },
  {
    name: 'a dead endpoint',
    file: 'exchange.yaml',
    edit: text =>
      text.replace(
        / {2}workloadSelector:\n {4}labels:\n {6}app: exchange\n/,
        '  endpoints:\n    - address: 127.0.0.9\n      ports:\n        http: 9\n',
      ),
    meet: shop => shop.buy(),
    line: ['address: 127.0.0.9', 1],
    object: 'ServiceEntry outside/exchange',
    says: /nothing listens on 127\.0\.0\.9:9, an endpoint of api\.exchange\.example/i,
  },
  {
    name: 'a timeout shorter than the service',
    file: 'recommendations.yaml',
    edit: text => text.replace('timeout: 0.5s', 'timeout: 0.002s').replace(/(SLOW_RATE\s+value:) "[^"]*"/, '$1 "1"'),
    meet: shop => shop.get('/api/products'),
    line: ['timeout: 0.002s', 1],
    object: 'VirtualService shop/recommendations',
    says: /recommendations had not answered after the \d+ ms that the route's timeout allows/i,
  },
  {
    name: 'a policy that denies',
    file: 'payments.yaml',
    edit: text => `${text}---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: payments, namespace: shop}
spec:
  selector: {matchLabels: {app: payments}}
  action: DENY
  rules:
    - from:
        - source:
            principals: ["cluster.local/ns/shop/sa/orders"]
`,
    meet: shop => shop.buy(),
    line: ['- from:', 1],
    object: 'AuthorizationPolicy shop/payments',
    says: /an access rule denies POST \/shop\.payments\.Payments\/Charge/i,
  },
]

describe('five prepared breakages of the shop', { skip: BROWSER_MISSING }, () => {
  let shop: Shop
  let browser: Browser
  let page: Page

  before(async () => {
    // Without customers, and without the reviews that fail on purpose: nothing fails but what is broken here.
    shop = new Shop(['loadgen.yaml', 'reviews.yaml'])
    browser = new Browser()
    await shop.up()
    page = await browser.open()
  })
  after(async () => {
    await browser.close()
    await shop.close()
  })

  for (const breakage of BREAKAGES) {
    it(`names ${breakage.name}, with file and line, on the page and in the terminal`, async () => {
      const { file, edit, meet, object, says } = breakage
      const sound = shop.read(file)
      const broken = edit(sound)
      assert.notEqual(broken, sound)
      await shop.write(file, broken)
      try {
        const place = `${file}:${shop.lineOf(file, ...breakage.line)}`
        for (let i = 0; i < 4; i++) await meet(shop)

        const { stdout, code } = await shop.mizzen('explain', 'last-error')
        assert.equal(code, 0, stdout)
        assert.match(stdout, says)
        assert.ok(stdout.includes(`${place} ${object}`), `expected ${place} ${object} in\n${stdout}`)

        await page.goto(`${shop.dashboard}/#/alerts`)
        const notice = page.getByRole('alert').filter({ hasText: says }).first()
        await notice.waitFor({ timeout: 15_000 })
        assert.ok((await notice.textContent())?.includes(object))
        assert.equal(await notice.getByRole('link', { name: place }).count(), 1, await notice.textContent().then(String))
        await picture(page, 'alerts')
        await notice.getByRole('link', { name: 'Its story' }).click()
        await page.getByRole('alert').filter({ hasText: says }).waitFor()
        await page.getByRole('heading', { name: /Decisions of/ }).waitFor()
        await picture(page, 'story')

        // The link leads to the very line.
        await page.getByRole('link', { name: place }).first().click()
        await page
          .locator('.code-gutter .here')
          .filter({ hasText: place.split(':')[1] ?? '' })
          .waitFor()
      } finally {
        await shop.write(file, sound)
      }
    })
  }

  it('complains of nothing in the browser', () => assert.deepEqual(browser.complaints, []))
})
