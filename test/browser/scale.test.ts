/** A mesh of 300 services on the page: drawn soon, and moved smoothly. The mesh is invented; the page is the real one, in a real browser. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { type BareDashboard, bareDashboard } from './bare-dashboard.ts'
import { BROWSER_MISSING, Browser } from './browser.ts'
import { largeMesh } from './large-mesh.ts'

describe('the graph of 300 services', { skip: BROWSER_MISSING }, () => {
  const browser = new Browser()
  let dashboard: BareDashboard
  let page: Page

  before(async () => {
    dashboard = await bareDashboard({}, { title: '300 services' })
    page = await browser.open()
    await page.route('**/api/topology*', route => route.fulfill({ json: largeMesh(300) }))
  })
  after(async () => {
    await browser.close()
    await dashboard.close()
  })

  it('is drawn whole', async () => {
    await page.goto(`${dashboard.url}/#/graph`)
    await page.locator('[data-node]').first().waitFor()
    assert.equal(await page.locator('[data-node]').count(), 300)
  })

  it('moves by dragging without drawing anything anew', async () => {
    const before = await page.locator('.graph-move').getAttribute('style')
    await page.evaluate(`
      window.frames_ = []
      const look = at => { window.frames_.push(at); requestAnimationFrame(look) }
      requestAnimationFrame(look)
    `)
    await page.mouse.move(700, 450)
    await page.mouse.down()
    for (let i = 0; i < 60; i++) await page.mouse.move(700 + i * 4, 450 + i * 2)
    await page.mouse.up()
    assert.notEqual(await page.locator('.graph-move').getAttribute('style'), before)
    const times: unknown = await page.evaluate('window.frames_')
    assert.ok(Array.isArray(times))
    const gaps = times
      .slice(1)
      .map((at, i) => Number(at) - Number(times[i]))
      .sort((a, b) => a - b)
    // A browser without a graphics card on a busy machine: the usual frame is what the page can be blamed for.
    const median = gaps[gaps.length >> 1] ?? 0
    console.log(
      `# ${gaps.length} frames, median ${median.toFixed(1)} ms, 95 % within ${(gaps[Math.floor(gaps.length * 0.95)] ?? 0).toFixed(1)} ms`,
    )
    assert.ok(median < 34, `a frame takes ${median} ms`)
  })

  it('finds one by its name', async () => {
    await page.getByPlaceholder('Find a service').fill('service-123')
    await page.locator('[data-node]', { hasText: 'service-123' }).waitFor()
    assert.ok((await page.locator('[data-node]').count()) < 10)
  })
})
