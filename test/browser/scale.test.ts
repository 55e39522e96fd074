/** A mesh of 300 services on the page: drawn soon, and moved smoothly. The mesh is invented; the page is the real one, in a real browser. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { systemClock } from '../../src/lib/clock.ts'
import { ControlPlane } from '../../src/run/control-plane.ts'
import { serveDashboard } from '../../src/run/dashboard/server.ts'
import type { Topology, Traffic } from '../../src/run/dashboard/view/topology.ts'
import { Collector } from '../../src/run/observe/collector.ts'
import { Store } from '../../src/source/store.ts'
import { AdsServer } from '../../src/xds/server/ads-server.ts'
import { BROWSER_MISSING, Browser } from './browser.ts'

const TRAFFIC: Traffic = { rate: 12, errorShare: 0, rejectedShare: 0, p50: 4, p99: 20, bytesPerSecond: 0 }

function mesh(count: number): Topology {
  const id = (i: number) => `service ns${i % 6}/s${i}`
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: id(i),
    kind: 'service' as const,
    namespace: `ns${i % 6}`,
    name: `service-${i}`,
    host: `service-${i}.ns${i % 6}.svc.cluster.local`,
    versions: ['v1'],
    ready: 2,
    pods: 2,
    traffic: { ...TRAFFIC, errorShare: i % 41 === 0 ? 0.2 : 0 },
  }))
  const edges = nodes.slice(1).flatMap((_, i) =>
    [Math.floor(i / 3), Math.floor((i * 5) / 9)].map((from, k) => ({
      id: `${id(from)} > ${id(i + 1)} ${k}`,
      from: id(from),
      to: id(i + 1),
      protocol: 'http' as const,
      traffic: TRAFFIC,
      mutualTls: true,
      versions: [],
    })),
  )
  return { nodes, edges, seconds: 60 }
}

describe('the graph of 300 services', { skip: BROWSER_MISSING }, () => {
  const store = new Store()
  const controlPlane = new ControlPlane(store)
  const ads = new AdsServer({ source: controlPlane })
  const browser = new Browser()
  let dashboard: Awaited<ReturnType<typeof serveDashboard>>
  let page: Page

  before(async () => {
    dashboard = await serveDashboard({
      host: '127.0.0.1',
      port: 0,
      parts: {
        ads,
        mesh: () => controlPlane.mesh,
        objects: () => store.snapshot().objects,
        diagnostics: () => [],
        preview: objects => controlPlane.preview(objects),
        sync: () => Promise.resolve(),
        live: new Set(),
        collector: new Collector({ clock: systemClock, proxies: () => [] }),
        health: () => ({ endpoints: [], ready: new Map(), certificates: [], proxies: [] }),
        alerts: () => [],
        proxies: () => [],
        files: undefined,
        status: () => undefined,
        title: '300 services',
      },
    })
    page = await browser.open()
    await page.route('**/api/topology*', route => route.fulfill({ json: mesh(300) }))
  })
  after(async () => {
    await browser.close()
    await dashboard.close()
    ads.close()
    controlPlane.close()
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
