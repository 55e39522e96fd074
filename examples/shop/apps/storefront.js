/** The storefront: one small page, and the API behind it that asks every other service. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { call, serve } from './service.js'

const url = name => process.env[`${name.toUpperCase()}_URL`] ?? `http://${name}`
const page = readFileSync(path.join(import.meta.dirname, 'storefront.html'), 'utf8')

/** What is nice to have must not take the page down: an answer or an explanation. */
const optional = promise => promise.catch(error => ({ unavailable: error.message }))

serve({
  'GET /healthz': () => ({ ok: true }),
  'GET /': () => page,
  'GET /api/products': async ({ headers }) => {
    const { version, products } = await call(`${url('catalog')}/products`, { headers })
    const details = await Promise.all(
      products.map(async product => ({
        ...product,
        ...(await optional(call(`${url('reviews')}/reviews/${product.id}`, { headers }))),
      })),
    )
    const suggestion = await optional(call(`${url('recommendations')}/recommendations/${products[0].id}`, { headers }))
    return { catalog: version, products: details, suggestion }
  },
  'GET /api/version': async ({ headers }) => ({ catalog: (await call(`${url('catalog')}/products`, { headers })).version }),
  'GET /api/cart/:': ({ params: [id], headers }) => call(`${url('cart')}/carts/${id}`, { headers }),
  'POST /api/cart': ({ body, headers }) =>
    call(`${url('cart')}/carts/${body.cart}/items`, { method: 'POST', body: { product: body.product }, headers }),
  'POST /api/orders': ({ body, headers }) => call(`${url('orders')}/orders`, { method: 'POST', body, headers }),
})
