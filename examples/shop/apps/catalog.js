/** The catalog: what the shop sells. v2 is the canary: same products, with a discount and a badge. */
import { HttpError, serve, version } from './service.js'

const products = [
  { id: 'compass', name: 'Brass compass', cents: 4900 },
  { id: 'sextant', name: 'Sextant', cents: 18900 },
  { id: 'lantern', name: 'Storm lantern', cents: 3900 },
  { id: 'rope', name: 'Manila rope, 20 m', cents: 2400 },
  { id: 'chart', name: 'Chart of the North Sea', cents: 1500 },
]

const priced = product => (version === 'v2' ? { ...product, cents: Math.round(product.cents * 0.9), badge: '10 % off' } : product)

serve({
  'GET /healthz': () => ({ ok: true }),
  'GET /products': () => ({ version, products: products.map(priced) }),
  'GET /products/:': ({ params: [id] }) => {
    const product = products.find(p => p.id === id)
    if (!product) throw new HttpError(404, `no product "${id}"`)
    return { version, product: priced(product) }
  },
})
