/** A few customers that never sleep: RATE requests a second against the storefront, a summary every ten seconds. */
const target = process.env.TARGET ?? 'http://storefront'
const rate = Number(process.env.RATE ?? 4)
const seen = new Map()
let visit = 0

async function shop() {
  const cart = `loadgen-${visit % 7}`
  visit += 1
  const step = visit % 5
  const outcome = await (step === 4
    ? request('/api/cart', { cart, product: 'rope' }).then(() => request('/api/orders', { cart, currency: 'NOK' }))
    : request(step === 0 ? '/' : '/api/products'))
  seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
}

async function request(path, body) {
  try {
    const init = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await fetch(target + path, { ...init, signal: AbortSignal.timeout(10_000) })
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    return error.cause?.code ?? error.name
  }
}

setInterval(shop, 1000 / rate)
setInterval(() => {
  console.log([...seen].map(([outcome, count]) => `${outcome}: ${count}`).join('  '))
  seen.clear()
}, 10_000)
process.on('SIGTERM', () => process.exit(0))
