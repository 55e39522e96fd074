/** `mizzen tap [DIR]`: requests as they end. */
import type { RequestView } from '../run/dashboard/view/request-views.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { requestLine } from './request-text.ts'
import { runningMesh } from './running-mesh.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen tap [DIR]

Requests through the mesh of DIR as they end, one line each, until Ctrl-C; without DIR, of the mesh of this directory, or of the only one that
runs. Each request is told by the caller's proxy and by the callee's; --side chooses.

      --failed          only those that failed
      --from NAME       part of the caller's workload, identity or address
      --to NAME         part of the service or of the endpoint's workload
      --path PREFIX     paths that begin so
      --status STATUS   503, 5xx, ">=400"
      --method METHOD   GET, POST...
      --side SIDE       outbound (default), inbound or both
      --count N         end after so many
      --rate N          at most so many a second from each proxy (default 50)
  -o, --output json     the whole story, one JSON object a line
`

const OPTIONS = {
  failed: { type: 'boolean' },
  from: { type: 'string' },
  to: { type: 'string' },
  path: { type: 'string' },
  status: { type: 'string' },
  method: { type: 'string' },
  side: { type: 'string', default: 'outbound' },
  count: { type: 'string' },
  rate: { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('tap', args, OPTIONS, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const side = oneOf('side', values.side, ['outbound', 'inbound', 'both'])
  const most = values.count === undefined ? Number.POSITIVE_INFINITY : positiveNumber('count', values.count)
  const query = new URLSearchParams()
  if (values.failed) query.set('failed', 'true')
  if (side !== 'both') query.set('side', side)
  for (const name of ['from', 'to', 'path', 'status', 'method'] as const) {
    const value = values[name]
    if (value !== undefined) query.set(name, value)
  }
  if (values.rate !== undefined) query.set('rate', String(positiveNumber('rate', values.rate)))
  const mesh = runningMesh(positionals[0], io)
  const paint = painter(io.stdout, io.env)
  const enough = new AbortController()
  let told = 0
  await mesh.events(`/api/requests/stream?${query}`, AbortSignal.any([untilSignal(), enough.signal]), (name, data) => {
    if (name === 'request' && told < most) {
      told++
      const request: RequestView = JSON.parse(data)
      io.stdout.write(values.output === 'json' ? `${data}\n` : `${requestLine(request, paint)}\n`)
      if (told >= most) enough.abort()
    } else if (name === 'skipped' || name === 'missed')
      io.stderr.write(`${Number(JSON.parse(data).count)} left out: use a narrower filter, or a higher --rate\n`)
  })
  return EXIT.ok
}

function positiveNumber(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`Cannot use --${flag} "${text}": expected a number from 1`)
  return value
}
