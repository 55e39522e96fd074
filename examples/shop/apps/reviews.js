/** Reviews. Flaky on purpose: FAILURE_RATE of all answers are 503, which the mesh's retries hide from everybody else. */
import { HttpError, serve } from './service.js'

const failureRate = Number(process.env.FAILURE_RATE ?? 0)
const reviews = {
  compass: [
    { stars: 5, text: 'Points north.' },
    { stars: 4, text: 'Heavy, but honest.' },
  ],
  sextant: [{ stars: 5, text: 'Found Iceland with it.' }],
  lantern: [
    { stars: 3, text: 'Smells of paraffin.' },
    { stars: 5, text: 'Survived the storm.' },
  ],
  rope: [{ stars: 4, text: 'Rope.' }],
  chart: [{ stars: 2, text: 'The sea has moved since.' }],
}

serve({
  'GET /healthz': () => ({ ok: true }),
  'GET /reviews/:': ({ params: [id] }) => {
    if (Math.random() < failureRate) throw new HttpError(503, 'the review database is having a moment')
    return { product: id, reviews: reviews[id] ?? [] }
  },
})
