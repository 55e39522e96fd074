/** `mizzen proxy-status [--wait]`: for each proxy of the cluster, whether it has the newest configuration. */
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { isRecord, listAt, textAt } from '../kubernetes/client/raw-object.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { askControlPlane, controlPlanePods, type PodName } from './cluster-pods.ts'
import { durationMs, oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { meansLocal } from './means-local.ts'
import { table } from './table.ts'

export const USAGE = `Usage: mizzen proxy-status [POD[.NAMESPACE]] [--wait]

Prints for each proxy which of its configuration it has acknowledged: SYNCED, STALE (on its way), NACKED (refused, with the reason), NOT SENT (it
asked, and there is none). Exit code 1 when one has refused something, or with --wait when some are not done in time.

      --wait                   until every proxy has what the cluster says now
      --timeout TIME           of --wait (default 60s)
  -n, --namespace NS           only proxies of this namespace
  -i, --istioNamespace NS      where the control plane runs (default istio-system)
      --control-plane URL      asks this control plane instead of the cluster's: http://127.0.0.1:15014
  -o, --output json            everything that the control plane knows
${CLUSTER_USAGE}`

const OPTIONS = {
  ...CLUSTER_FLAGS,
  wait: { type: 'boolean', default: false },
  timeout: { type: 'string', default: '60s' },
  namespace: { type: 'string', short: 'n' },
  istioNamespace: { type: 'string', short: 'i', default: 'istio-system' },
  'control-plane': { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const

/** One proxy, and the replica that it is connected to. */
interface Row {
  readonly proxy: unknown
  readonly replica: string
}

/** One question; the API server carries it. */
const ASK_MS = 10_000
const TYPES = {
  CDS: 'Cluster',
  LDS: 'Listener',
  EDS: 'ClusterLoadAssignment',
  RDS: 'RouteConfiguration',
  VHDS: 'VirtualHost',
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  if (meansLocal(args, io)) return (await import('./local-proxy-status.ts')).run(args, io)
  const { values, positionals } = parseFlags('proxy-status', args, OPTIONS, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const url = values['control-plane']
  const wanted = positionals[0]
  const report = async (asked: Asked) => {
    const done = !values.wait || (await untilLive(asked.ask, durationMs('timeout', values.timeout)))
    const rows = await asked.read()
    const shown = rows.filter(row => isWanted(row, wanted, values.namespace))
    if (values.output === 'json')
      io.stdout.write(
        `${JSON.stringify(
          shown.map(({ proxy }) => proxy),
          null,
          2,
        )}\n`,
      )
    else io.stdout.write(statusText(shown))
    if (!done) io.stderr.write(`Not every proxy has the newest configuration after ${values.timeout}\n`)
    return done && !shown.some(isRefused) ? EXIT.ok : EXIT.failed
  }
  if (url !== undefined) return report({ read: () => readUrl(url), ask: async page => [await askUrl(url, page)] })
  return withCluster(values, io, async server => {
    const pods = await controlPlanePods(server, values.istioNamespace)
    return report({
      read: () => readCluster(server, pods),
      ask: page => Promise.all(pods.map(pod => askControlPlane(server, pod, page))),
    })
  })
}

/** A control plane with its replicas. */
interface Asked {
  read(): Promise<readonly Row[]>
  /** A page of each. */
  ask(page: string): Promise<readonly unknown[]>
}

async function readCluster(server: ApiServer, pods: readonly PodName[]): Promise<readonly Row[]> {
  const answers = await Promise.all(
    pods.map(async pod => {
      const found = await askControlPlane(server, pod, '/debug/syncz')
      return (Array.isArray(found) ? found : []).map((proxy: unknown): Row => ({ proxy, replica: pod.pod }))
    }),
  )
  return answers.flat()
}

async function readUrl(url: string): Promise<readonly Row[]> {
  const found = await askUrl(url, '/debug/syncz')
  return (Array.isArray(found) ? found : []).map((proxy: unknown): Row => ({ proxy, replica: new URL(url).host }))
}

async function askUrl(url: string, page: string): Promise<unknown> {
  const response = await fetch(new URL(page, url)).catch((error: unknown) => {
    throw new Error(`Cannot ask the control plane at "${url}": ${error instanceof Error ? error.message : String(error)}`)
  })
  return response.json()
}

/** Every replica has heard of what the cluster says at this moment, and its proxies have answered. Asks again and again, as one answer takes only so long. */
async function untilLive(ask: (page: string) => Promise<readonly unknown[]>, limitMs: number): Promise<boolean> {
  const until = performance.now() + limitMs
  for (let left = limitMs; left > 0; left = until - performance.now()) {
    const answers = await ask(`/api/live?timeout=${Math.ceil(Math.min(left, ASK_MS))}`)
    if (answers.every(answer => isRecord(answer) && answer['live'] === true)) return true
  }
  return false
}

function isRefused({ proxy }: Row): boolean {
  return listAt(proxy, 'types').some(type => textAt(type, 'state') === 'NACKED')
}

/** "sidecar~10.0.0.1~cart-0.shop~..." is "cart-0.shop". */
function nameOf({ proxy }: Row): string {
  const node = textAt(proxy, 'node')
  return node.split('~')[2] || node
}

function isWanted(row: Row, name: string | undefined, namespace: string | undefined): boolean {
  const own = nameOf(row)
  const mine = own.slice(own.lastIndexOf('.') + 1)
  return (namespace === undefined || mine === namespace) && (name === undefined || own === name || own.startsWith(`${name}.`))
}

function statusText(rows: readonly Row[]): string {
  if (rows.length === 0) return 'No proxy is connected.\n'
  const heads = ['NAME', ...Object.keys(TYPES), 'ENGINE', 'CONTROL PLANE']
  const lines = rows
    .map(row => {
      const { proxy, replica } = row
      const states = Object.values(TYPES).map(name => {
        const type = listAt(proxy, 'types').find(each => textAt(each, 'type').endsWith(`.${name}`))
        return type === undefined ? '-' : textAt(type, 'state')
      })
      const engine = [textAt(proxy, 'engine'), textAt(proxy, 'version')].filter(Boolean).join(' ')
      return [nameOf(row), ...states, engine, replica]
    })
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
  const refusals = rows.flatMap(row =>
    listAt(row.proxy, 'types').flatMap(type => {
      const detail = textAt(type, 'refusal', 'detail')
      return detail === '' ? [] : [`${nameOf(row)} refused: ${detail}\n`]
    }),
  )
  return table(heads, lines) + refusals.join('')
}
