/** `mizzen proxy-status [--wait]`: whether every proxy has what it should have. */
import type { Liveness } from '../run/dashboard/live.ts'
import type { ProxyView } from '../run/dashboard/view/proxy-list.ts'
import type { Diagnostic } from '../source/diagnostic.ts'
import { formatDiagnostic } from '../source/format.ts'
import { durationMs, oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { proxyStatusText } from './proxy-status-text.ts'
import { type RunningApi, runningMesh } from './running-mesh.ts'

export const USAGE = `Usage: mizzen proxy-status [DIR] [--wait] [-o json]

The proxies of the running mesh, and for each type of configuration whether it has what it should have: SYNCED, STALE (on its way), NACKED (refused)
or NOT SENT (there is nothing to send).

      --wait            return when what the files say now is live on every proxy; exit code 1 when a file cannot be used, a proxy refuses it, or
                        it takes too long
      --timeout TIME    how long --wait waits (default 30s)
  -o, --output json     a list of {name, namespace, workload, engine, state, types...}
`

/** Less than a question may take (running-mesh.ts). */
const ASK_MS = 5000

export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = {
    wait: { type: 'boolean' },
    timeout: { type: 'string', default: '30s' },
    output: { type: 'string', short: 'o' },
  } as const
  const { values, positionals } = parseFlags('proxy-status', args, options, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const asJson = values.output !== undefined && oneOf('output', values.output, ['json']) === 'json'
  const mesh = runningMesh(positionals[0], io)
  const isLive = !values.wait || (await untilLive(mesh, durationMs('timeout', values.timeout)))
  const proxies = await mesh.get<readonly ProxyView[]>('/api/proxies')
  io.stdout.write(asJson ? `${JSON.stringify(proxies, null, 2)}\n` : proxyStatusText(proxies))
  if (!values.wait) return EXIT.ok
  const errors = await unusable(mesh)
  for (const error of errors) io.stderr.write(`${formatDiagnostic(error, { colour: false })}\n`)
  if (!isLive) io.stderr.write('Cannot wait any longer: not every proxy has the last change\n')
  return isLive && errors.length === 0 && !proxies.some(({ state }) => state === 'NACKED') ? EXIT.ok : EXIT.failed
}

/** Asks again and again, as one answer takes only so long. @returns false: not in time */
async function untilLive(mesh: RunningApi, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs
  for (let left = limitMs; left > 0; left = until - performance.now()) {
    const { live } = await mesh.get<Liveness>(`/api/live?timeout=${Math.ceil(Math.min(left, ASK_MS))}`)
    if (live) return true
  }
  return false
}

/** What could not be used of the files: what they said before holds, and so the last change is not live. */
async function unusable(mesh: RunningApi): Promise<readonly Diagnostic[]> {
  const { diagnostics } = await mesh.get<{ readonly diagnostics: readonly Diagnostic[] }>('/api/config')
  return diagnostics.filter(({ level }) => level === 'error')
}
