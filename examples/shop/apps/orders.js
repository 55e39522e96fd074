/** Orders: turns a cart into an order, asks an outside service for the exchange rate and the payments service for money. */
import path from 'node:path'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import { call, HttpError, serve } from './service.js'

const cart = process.env.CART_URL ?? 'http://cart'
const catalog = process.env.CATALOG_URL ?? 'http://catalog'
const rates = process.env.RATES_URL ?? 'http://api.exchange.example'
const proto = grpc.loadPackageDefinition(loader.loadSync(path.join(import.meta.dirname, 'payments.proto')))
const payments = new proto.shop.payments.Payments(
  process.env.PAYMENTS_ADDR ?? 'payments:50051',
  grpc.credentials.createInsecure(),
)

let orders = 0

serve({
  'GET /healthz': () => ({ ok: true }),
  'POST /orders': async ({ body, headers }) => {
    const { items } = await call(`${cart}/carts/${encodeURIComponent(body?.cart ?? '')}`, { headers })
    if (items.length === 0) throw new HttpError(409, 'the cart is empty')
    const { products } = await call(`${catalog}/products`, { headers })
    const cents = items.reduce((sum, id) => sum + (products.find(p => p.id === id)?.cents ?? 0), 0)
    const { rate } = await call(`${rates}/rates/EUR/${encodeURIComponent(body.currency ?? 'EUR')}`)
    orders += 1
    const order = `order-${orders}`
    const metadata = new grpc.Metadata()
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
    const { payment, servedBy } = await new Promise((resolve, reject) =>
      payments.Charge(
        { order, cents: Math.round(cents * rate), currency: body.currency ?? 'EUR' },
        metadata,
        { deadline: Date.now() + 5000 },
        (error, reply) => (error ? reject(new HttpError(502, `payments: ${error.message}`)) : resolve(reply)),
      ),
    )
    await call(`${cart}/carts/${encodeURIComponent(body.cart)}`, { method: 'DELETE', headers })
    return { order, items, cents: Math.round(cents * rate), currency: body.currency ?? 'EUR', payment, paidBy: servedBy }
  },
})
