/** `mizzen wait`: until the pod's proxy is ready. The proxy's container calls it, so that the application starts after it (Istio's `pilot-agent wait`). */
import { setTimeout as delay } from 'node:timers/promises'
import { parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen wait [--url URL] [--timeoutSeconds N]

Waits until the proxy of this pod is ready.

      --url URL                 where it says so (default http://localhost:15021/healthz/ready)
      --timeoutSeconds N        how long to wait (default 60)
      --periodMillis N          time between two questions (default 500)
      --requestTimeoutMillis N  time for an answer (default 500)
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags(
    'wait',
    args,
    {
      url: { type: 'string', default: 'http://localhost:15021/healthz/ready' },
      timeoutSeconds: { type: 'string', default: '60' },
      periodMillis: { type: 'string', default: '500' },
      requestTimeoutMillis: { type: 'string', default: '500' },
    },
    0,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const period = milliseconds('periodMillis', values.periodMillis)
  const requestTimeout = milliseconds('requestTimeoutMillis', values.requestTimeoutMillis)
  const until = Date.now() + 1000 * milliseconds('timeoutSeconds', values.timeoutSeconds)
  let reason = 'there was no answer'
  while (Date.now() < until) {
    try {
      const answer = await fetch(values.url, { signal: AbortSignal.timeout(requestTimeout) })
      if (answer.ok) return EXIT.ok
      reason = `it answers ${answer.status}: ${(await answer.text()).trim()}`
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
    await delay(period)
  }
  io.stderr.write(`Cannot wait any longer for the proxy at ${values.url}: ${reason}\n`)
  return EXIT.failed
}

function milliseconds(flag: string, text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0)) throw new UsageError(`Cannot use --${flag} "${text}": expected a number`)
  return value
}
