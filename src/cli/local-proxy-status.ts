/** `mizzen proxy-status [--wait]`: whether every proxy has what it should have. */
import { setTimeout as delay } from 'node:timers/promises'
import type { ProxyView } from '../run/dashboard/view/proxy-list.ts'
import { durationMs, oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { proxyStatusText } from './proxy-status-text.ts'
import { type RunningApi, runningMesh } from './running-mesh.ts'

export const USAGE = `Usage: mizzen proxy-status [DIR] [--wait] [-o json]

The proxies of the running mesh, and for each type of configuration whether it has what it should have: SYNCED, STALE (on its way), NACKED (refused)
or NOT SENT (there is nothing to send).

      --wait            return when the last change is live everywhere; exit code 1 when a proxy refuses it, or when it takes too long
      --timeout TIME    how long --wait waits (default 30s)
  -o, --output json     a list of {name, namespace, workload, engine, state, types...}
`

const LOOK_MS = 50
/** A file that was just saved is read within that time. */
const CALM_MS = 400

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
  const isLive = !values.wait || (await settled(mesh, durationMs('timeout', values.timeout)))
  const proxies = await mesh.get<readonly ProxyView[]>('/api/proxies')
  io.stdout.write(asJson ? `${JSON.stringify(proxies, null, 2)}\n` : proxyStatusText(proxies))
  if (!isLive) io.stderr.write('Cannot wait any longer: not every proxy has the last change\n')
  return isLive && !(values.wait && proxies.some(({ state }) => state === 'NACKED')) ? EXIT.ok : EXIT.failed
}

/** Nothing is on its way to any proxy, and that for a moment. @returns false: not in time */
async function settled(mesh: RunningApi, limitMs: number): Promise<boolean> {
  const until = Date.now() + limitMs
  let calmSince = 0
  while (Date.now() < until) {
    const { settled: isCalm } = await mesh.get<{ readonly settled: boolean }>('/api/settled')
    if (!isCalm) calmSince = 0
    else if (calmSince === 0) calmSince = Date.now()
    else if (Date.now() - calmSince >= CALM_MS) return true
    await delay(LOOK_MS)
  }
  return false
}
