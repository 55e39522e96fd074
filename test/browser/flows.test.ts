/** What people do with the page, done in a real browser on the running shop. */
import assert from 'node:assert/strict'
import http from 'node:http'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { BROWSER_MISSING, Browser, DARK, DESKTOP, PHONE, picture } from './browser.ts'
import { Shop } from './shop.ts'

describe('the dashboard of the shop', { skip: BROWSER_MISSING }, () => {
  let shop: Shop
  let browser: Browser
  let page: Page
  const open = async (address: string) => {
    await page.goto(`${shop.dashboard}/#/${address}`)
  }

  before(async () => {
    shop = new Shop()
    browser = new Browser()
    await shop.up()
    page = await browser.open()
  })
  after(async () => {
    await browser.close()
    await shop.close()
  })

  it('shows the services and who calls them within a second of its first byte, and traffic soon after', async () => {
    await open('graph')
    await page.locator('[data-node^="service shop/catalog"]').waitFor()
    // The best of some: how long the browser itself needs to start, and what else this machine does, says nothing of the page.
    const paints: number[] = []
    for (let i = 0; i < 4; i++) {
      await page.reload()
      await page.locator('[data-node]').first().waitFor()
      // A busy browser tells of it a moment later than it is drawn.
      await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0")
      paints.push(Number(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")))
    }
    assert.ok(Math.min(...paints) < 1000, `first contentful paint after ${paints.join(', ')} ms`)
    const edge = page.locator('[data-edge^="service shop/storefront"][data-edge*="> service shop/catalog"]')
    await edge.waitFor({ state: 'attached', timeout: 30_000 })
    await page.locator('[data-edge*="> service shop/cache"]').waitFor({ state: 'attached', timeout: 30_000 })
    await page.locator('.edge-label', { hasText: 'v1' }).first().waitFor()
    await picture(page, 'graph')
  })

  it('leads from a node to its service by keyboard alone', async () => {
    const node = page.locator('[data-node^="service shop/catalog"]')
    await node.focus()
    await page.keyboard.press('Enter')
    const panel = page.getByRole('complementary', { name: 'catalog' })
    await panel.getByRole('heading', { name: 'Called by' }).waitFor()
    await picture(page, 'graph-selected')
    await panel.getByRole('link', { name: /Open service/ }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Rules in effect' }).waitFor()
    const rule = page.getByRole('listitem').filter({ hasText: '90 % catalog v1, 10 % catalog v2' })
    await rule.getByRole('link', { name: `catalog.yaml:${shop.lineOf('catalog.yaml', 'name: canary')}` }).waitFor()
    await page.getByRole('row').filter({ hasText: 'shop/catalog-v2-0' }).getByText('ready').waitFor()
    await page.getByRole('img', { name: /^Latency: now p50/ }).waitFor({ timeout: 30_000 })
    await picture(page, 'service')
  })

  it('taps requests live, narrows them by filters, and tells one request’s story', async () => {
    await open('requests')
    await page.getByRole('row').filter({ hasText: '/products' }).first().waitFor({ timeout: 20_000 })
    await picture(page, 'requests')
    await page.getByLabel('To', { exact: true }).fill('payments')
    const row = page.getByRole('row').filter({ hasText: '/shop.payments.Payments/Charge' }).first()
    await row.waitFor({ timeout: 30_000 })
    assert.equal(await page.getByRole('row').filter({ hasText: '/reviews/' }).count(), 0)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused', { exact: true }).waitFor()
    await row.click()
    await page.getByRole('heading', { name: 'What happened' }).waitFor()
    // Told by both sides.
    await page.getByRole('button', { name: /orders → payments/ }).waitFor()
    await page.getByRole('button', { name: /payments receives/ }).click()
    await page.getByRole('heading', { name: 'Decisions of payments-0' }).waitFor()
    await page.getByText('spiffe://cluster.local/ns/shop/sa/orders').first().waitFor()
    await picture(page, 'request')
  })

  it('validates an edit as it is typed, tells what it would change, and applies it', async () => {
    const line = shop.lineOf('catalog.yaml', 'weight: 90')
    await open(`config?file=${encodeURIComponent('shop/catalog.yaml')}&line=${line}`)
    const editor = page.getByRole('textbox', { name: /^Text of/ })
    await editor.waitFor()
    const sound = await editor.inputValue()
    await editor.fill(sound.replace('weight: 90', 'weight: ninety'))
    await page.getByText(/Nothing: with errors in it/).waitFor()
    await page.locator('.code-gutter .error', { hasText: String(line) }).waitFor()
    assert.ok(await page.getByRole('button', { name: 'Apply' }).isDisabled())
    await picture(page, 'editor-error')

    await editor.fill(sound.replace('weight: 90', 'weight: 50').replace('weight: 10', 'weight: 50'))
    const change = page.getByRole('region', { name: 'What would change' })
    await change.getByText('shop/storefront').waitFor()
    assert.match((await change.textContent()) ?? '', /route/)
    assert.equal(await page.locator('.code-gutter .error').count(), 0)
    await picture(page, 'editor')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('saved, on its way to the proxies').waitFor()
    assert.match(shop.read('catalog.yaml'), /weight: 50/)
    await open('service?host=catalog.shop.svc.cluster.local')
    await page.getByText('to 50 % catalog v1, 50 % catalog v2').waitFor({ timeout: 10_000 })
  })

  it('does not overwrite what somebody else saved meanwhile', async () => {
    await open(`config?file=${encodeURIComponent('shop/cart.yaml')}`)
    const editor = page.getByRole('textbox', { name: /^Text of/ })
    await editor.waitFor()
    await editor.fill(`${await editor.inputValue()}# mine\n`)
    await shop.write('cart.yaml', `${shop.read('cart.yaml')}# theirs\n`)
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText(/it was changed meanwhile/).waitFor()
    assert.match(shop.read('cart.yaml'), /# theirs\n$/)
  })

  it('simulates a request: allowed, refused, and the rule that says so', async () => {
    await open('simulator')
    await page.getByLabel('From', { exact: true }).fill('shop/storefront')
    await page.getByLabel('To', { exact: true }).fill('http://catalog/products')
    await page.getByLabel('Headers, one a line').fill('x-test-group: beta')
    await page.getByRole('button', { name: 'Simulate' }).click()
    await page.getByText('Allowed: reaches shop/catalog-v2-0').waitFor()
    await page.getByRole('link', { name: `catalog.yaml:${shop.lineOf('catalog.yaml', 'name: test-group')}` }).waitFor()
    await picture(page, 'simulator')
    await page.getByLabel('To', { exact: true }).fill('http://cart/carts/me')
    await page.getByLabel('Headers, one a line').fill('x-break: cart')
    await page.getByRole('button', { name: 'Simulate' }).click()
    await page.getByText(/^Refused: 500/).waitFor()
    await page.getByLabel('From', { exact: true }).fill('shop/nobody')
    await page.getByRole('button', { name: 'Simulate' }).click()
    await page.getByRole('alert').filter({ hasText: 'Cannot find workload "shop/nobody"' }).waitFor()
  })

  it('lists proxies and services', async () => {
    await open('proxies')
    await page.getByText('12 of 12 in sync').waitFor({ timeout: 10_000 })
    await picture(page, 'proxies')
    await open('services')
    await page.getByRole('row').filter({ hasText: 'catalog' }).getByText('v1, v2').waitFor()
    await picture(page, 'services')
  })

  it('is dark where the system is, and fits a phone', async () => {
    for (const [look, name] of [
      [DARK, 'dark'],
      [PHONE, 'phone'],
    ] as const) {
      const other = await browser.open(look)
      for (const view of [
        'graph',
        'services',
        'requests',
        'simulator',
        'alerts',
        'proxies',
        'service?host=catalog.shop.svc.cluster.local',
        `config?file=${encodeURIComponent('shop/catalog.yaml')}&line=109`,
      ]) {
        await other.goto(`${shop.dashboard}/#/${view}`)
        await other.getByRole('heading', { level: 1 }).first().waitFor()
        if (view === 'graph') await other.locator('[data-edge]').first().waitFor({ state: 'attached' })
        else await other.waitForTimeout(700)
        const wider = Number(await other.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'))
        assert.ok(wider <= 0, `${view} is ${wider} px too wide for ${name}`)
        await picture(other, `${view.split('?')[0]}-${name}`)
      }
      const ground = String(await other.evaluate('getComputedStyle(document.documentElement).backgroundColor'))
      const [red = 0] = ground.match(/\d+/g)?.map(Number) ?? []
      assert.equal(red < 100, look.scheme === 'dark')
      await other.close()
    }
  })

  it('says so when the control plane is gone', async () => {
    const other = await browser.open(DESKTOP)
    await other.route('**/api/**', route => route.abort())
    await other.goto(`${shop.dashboard}/#/services`)
    await other.getByRole('alert').first().waitFor()
    assert.match((await other.getByRole('alert').first().textContent()) ?? '', /Does the mesh still run/)
    await other.close()
    browser.complaints.length = 0
  })

  it('answers to no other name than this machine’s, and to no other site', async () => {
    const status = (headers: Record<string, string>, method = 'GET') =>
      new Promise<number>((resolve, reject) => {
        const request = http.request(`${shop.dashboard}/api/config/apply`, { method, headers }, response => {
          response.resume()
          resolve(response.statusCode ?? 0)
        })
        request.on('error', reject)
        request.end(method === 'POST' ? '{}' : undefined)
      })
    assert.equal(await status({ host: 'evil.example' }), 421)
    assert.equal(await status({ 'content-type': 'application/json', origin: 'http://evil.example' }, 'POST'), 403)
    assert.equal(await status({ 'content-type': 'text/plain' }, 'POST'), 415)
    assert.equal(await status({ 'content-type': 'application/json' }, 'POST'), 400)
  })

  it('complains of nothing in the browser', () =>
    assert.deepEqual(
      browser.complaints.filter(each => !each.includes('status of 409') && !each.includes('status of 422')),
      [],
    ))
})
