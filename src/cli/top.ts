/** `mizzen top [DIR]`: the services and their traffic, live. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Topology, TopologyNode } from '../run/dashboard/view/topology.ts'
import { type Paint, painter } from '../run/laptop/console/paint.ts'
import { durationMs, oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { runningMesh } from './running-mesh.ts'
import { table } from './table.ts'
import { untilSignal } from './until-signal.ts'

export const USAGE = `Usage: mizzen top [DIR]

The services of the mesh of DIR with requests a second, failures and latency; without DIR, of the mesh of this directory, or of the only one that
runs. In a terminal it goes on until Ctrl-C; into a pipe, or with --once, it prints once.

      --window TIME   what the numbers cover (default 60s, at most 15m)
      --once          print once
  -o, --output json   {nodes, edges, seconds}, once
`

const REFRESH_MS = 2000
const CLEAR = '\u001b[H\u001b[2J'

export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = {
    window: { type: 'string', default: '60s' },
    once: { type: 'boolean' },
    output: { type: 'string', short: 'o' },
  } as const
  const { values, positionals } = parseFlags('top', args, options, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const seconds = Math.round(durationMs('window', values.window) / 1000)
  const mesh = runningMesh(positionals[0], io)
  const look = () => mesh.get<Topology>(`/api/topology?seconds=${seconds}`)
  if (values.output === 'json') {
    io.stdout.write(`${JSON.stringify(await look(), null, 2)}\n`)
    return EXIT.ok
  }
  const isTerminal = 'isTTY' in io.stdout && io.stdout.isTTY === true
  const paint = painter(io.stdout, io.env)
  if (!isTerminal || values.once) {
    io.stdout.write(topText(await look(), paint))
    return EXIT.ok
  }
  const end = untilSignal()
  while (!end.aborted) {
    io.stdout.write(CLEAR + topText(await look(), paint))
    await delay(REFRESH_MS, undefined, { signal: end }).catch(() => {})
  }
  return EXIT.ok
}

/** The busiest first, those that fail before them. */
export function topText({ nodes, seconds }: Topology, paint: Paint): string {
  const shown = nodes
    .filter(({ kind }) => kind !== 'unknown')
    .sort((a, b) => failures(b) - failures(a) || b.traffic.rate - a.traffic.rate)
  const rows = shown.map(({ namespace, name, traffic, versions, ready, pods }) => [
    namespace,
    name,
    traffic.rate > 0 ? traffic.rate.toFixed(traffic.rate < 10 ? 1 : 0) : '-',
    traffic.rate > 0 ? share(traffic.errorShare) : '-',
    traffic.rejectedShare > 0 ? share(traffic.rejectedShare) : '-',
    time(traffic.p50),
    time(traffic.p99),
    pods > 0 ? `${ready}/${pods}` : '-',
    versions.join(',') || '-',
  ])
  const text = table(['NAMESPACE', 'SERVICE', 'REQ/S', '5XX', '4XX', 'P50', 'P99', 'READY', 'VERSIONS'], rows)
  const [head = '', ...lines] = text.split('\n')
  const coloured = lines.map((line, i) => (failures(shown[i]) > 0 ? paint(line, 'red') : line))
  return [
    paint(head, 'grey'),
    ...coloured,
    paint(seconds > 0 ? `the last ${Math.round(seconds)} s` : 'the first numbers come in a few seconds', 'grey'),
    '',
  ].join('\n')
}

function failures(node: TopologyNode | undefined): number {
  return node && node.traffic.errorShare >= 0.005 ? node.traffic.errorShare * node.traffic.rate : 0
}

function share(value: number): string {
  return `${(value * 100).toFixed(value < 0.1 ? 1 : 0)}%`
}

function time(ms: number | null): string {
  if (ms === null) return '-'
  return ms >= 1000 ? `${(ms / 1000).toFixed(1)}s` : `${ms.toFixed(ms < 10 ? 1 : 0)}ms`
}
