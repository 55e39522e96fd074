/** Recommendations. Sometimes slow on purpose (SLOW_RATE, SLOW_MS): the route's timeout keeps the page fast. */
import { setTimeout as sleep } from 'node:timers/promises'
import { call, serve } from './service.js'

const slowRate = Number(process.env.SLOW_RATE ?? 0)
const slowMs = Number(process.env.SLOW_MS ?? 3000)
const catalog = process.env.CATALOG_URL ?? 'http://catalog'

serve({
  'GET /healthz': () => ({ ok: true }),
  'GET /recommendations/:': async ({ params: [id], headers }) => {
    if (Math.random() < slowRate) await sleep(slowMs)
    const { products } = await call(`${catalog}/products`, { headers })
    return { product: id, recommended: products.filter(p => p.id !== id).slice(0, 2) }
  },
})
