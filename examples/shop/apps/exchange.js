/** Stands for somebody else's service: outside the mesh, no sidecar, known to the shop only through a ServiceEntry. */
import { HttpError, serve } from './service.js'

const perEuro = { EUR: 1, USD: 1.1, NOK: 11.6 }

serve({
  'GET /healthz': () => ({ ok: true }),
  'GET /rates/:/:': ({ params: [from, to] }) => {
    if (!(from in perEuro) || !(to in perEuro)) throw new HttpError(404, `no rate from ${from} to ${to}`)
    return { from, to, rate: perEuro[to] / perEuro[from] }
  },
})
