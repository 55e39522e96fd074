/** Carts, kept in the cache service: a plain TCP protocol, so the mesh forwards bytes it does not understand. */
import { CacheClient } from './cache-client.js'
import { HttpError, serve } from './service.js'

const cache = new CacheClient(process.env.CACHE_ADDR ?? 'cache:6400')

const load = async id => JSON.parse((await cache.get(`cart:${id}`)) ?? '[]')

serve({
  'GET /healthz': () => ({ ok: true }),
  'GET /carts/:': async ({ params: [id] }) => ({ id, items: await load(id) }),
  'POST /carts/:/items': async ({ params: [id], body }) => {
    if (typeof body?.product !== 'string') throw new HttpError(400, 'expected {"product": "<id>"}')
    const items = [...(await load(id)), body.product]
    await cache.set(`cart:${id}`, JSON.stringify(items))
    return { id, items }
  },
  'DELETE /carts/:': async ({ params: [id] }) => {
    await cache.set(`cart:${id}`, '[]')
    return { id, items: [] }
  },
})
