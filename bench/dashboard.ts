/**
 * What the dashboard's page costs: its size, how soon it is there, and how smoothly 300 services move, in a headless Chromium.
 *
 * usage: node bench/dashboard.ts [ROUNDS]   (default 7; needs the build: npm run build)
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { bareDashboard } from '../test/browser/bare-dashboard.ts'
import { BROWSER_MISSING, Browser } from '../test/browser/browser.ts'
import { largeMesh } from '../test/browser/large-mesh.ts'
import { format, spread } from './process-cost.ts'

const rounds = Number(process.argv[2] ?? 7)
const SERVICES = 300
const MOVES = 90

if (BROWSER_MISSING !== false) throw new Error(BROWSER_MISSING)
const assets = path.resolve(import.meta.dirname, '../dist/dashboard')
const files = readdirSync(assets, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
const compressed = (wanted: RegExp) =>
  files
    .filter(({ name }) => wanted.test(name))
    .reduce((sum, { parentPath, name }) => {
      const bytes = readFileSync(path.join(parentPath, name))
      // Fonts are compressed already.
      return sum + (name.endsWith('.woff2') ? bytes.length : gzipSync(bytes).length)
    }, 0)
console.log(
  `compressed: scripts and styles ${kilobytes(compressed(/\.(js|css|html)$/))} KB, with fonts ${kilobytes(compressed(/./))} KB`,
)

const dashboard = await bareDashboard({}, { title: `${SERVICES} services` })
const browser = new Browser()
try {
  const page = await browser.open()
  await page.route('**/api/topology*', route => route.fulfill({ json: largeMesh(SERVICES) }))
  const painted: number[] = []
  const drawn: number[] = []
  for (let i = 0; i <= rounds; i++) {
    const begun = performance.now()
    await page.goto(`${dashboard.url}/?${i}#/graph`)
    await page
      .locator('[data-node]')
      .nth(SERVICES - 1)
      .waitFor({ state: 'attached' })
    // The first round starts the browser's processes.
    if (i === 0) continue
    drawn.push(performance.now() - begun)
    // A busy browser tells of it a moment later than it is drawn.
    await page.waitForFunction("performance.getEntriesByName('first-contentful-paint').length > 0")
    painted.push(Number(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")))
  }
  console.log(
    `first contentful paint: ${format(spread(painted), 0)} ms; ${SERVICES} services drawn: ${format(spread(drawn), 0)} ms`,
  )
  console.log(`a frame while dragging ${SERVICES} services: ${await frames()} (60 a second are 16.7 ms)`)

  async function frames(): Promise<string> {
    await page.evaluate(
      'window.frames_ = []; const look = at => { window.frames_.push(at); requestAnimationFrame(look) }; requestAnimationFrame(look)',
    )
    await page.mouse.move(500, 300)
    await page.mouse.down()
    for (let i = 0; i < MOVES; i++) await page.mouse.move(500 + i * 3, 300 + i)
    await page.mouse.up()
    const times: unknown = await page.evaluate('window.frames_')
    const all = Array.isArray(times) ? times.map(Number) : []
    const gaps = all.slice(1).map((at, i) => at - (all[i] ?? at))
    const sorted = gaps.toSorted((a, b) => a - b)
    return `median ${(sorted[sorted.length >> 1] ?? 0).toFixed(1)} ms, 95 % within ${(sorted[Math.floor(sorted.length * 0.95)] ?? 0).toFixed(1)} ms, of ${gaps.length}`
  }
} finally {
  await browser.close()
  await dashboard.close()
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(0)
}
