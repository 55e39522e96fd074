/** `mizzen proxy-config clusters|listeners|routes|endpoints|secret|bootstrap|all POD[.NAMESPACE]`: what a proxy has, here or on a cluster. */
import { stringify } from 'yaml'
import { at, list, section } from '../explain/proxy-config/json.ts'
import {
  clusterTable,
  endpointTable,
  listenerTable,
  routeTable,
  secretTable,
  type Table,
} from '../explain/proxy-config/tables.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { podNamed, withProxyAdmin } from './cluster-pods.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { meansLocal } from './means-local.ts'
import { readText } from './read-mesh.ts'
import { table } from './table.ts'

export const USAGE = `Usage: mizzen proxy-config clusters|listeners|routes|endpoints|secret|bootstrap|all POD[.NAMESPACE] [DIR]

Prints what the proxy of a pod has, asked of the proxy itself, with the object that each part comes from. Where a mesh runs
on this machine it is asked (DIR: which, if several run); with --kubeconfig, --context or --namespace, or where none runs,
the cluster is. There deployment/NAME may stand for POD.

  -n, --namespace NS         of the pod (default: the kubeconfig's)
  -o, --output FORMAT        short (a table, default), json or yaml
      --fqdn NAME            only clusters and endpoints of this host
      --port NUMBER          only clusters, listeners and endpoints of this port
      --name NAME            only route tables of this name
  -f, --file FILE            a config dump of Envoy's form instead of a pod
${CLUSTER_USAGE}`

const OPTIONS = {
  ...CLUSTER_FLAGS,
  namespace: { type: 'string', short: 'n' },
  output: { type: 'string', short: 'o', default: 'short' },
  fqdn: { type: 'string' },
  port: { type: 'string' },
  name: { type: 'string' },
  file: { type: 'string', short: 'f' },
} as const

const PARTS = ['clusters', 'listeners', 'routes', 'endpoints', 'secret', 'bootstrap', 'all'] as const
type Part = (typeof PARTS)[number]

/** What istioctl takes too. */
const ALIASES: Readonly<Record<string, Part>> = {
  cluster: 'clusters',
  c: 'clusters',
  listener: 'listeners',
  l: 'listeners',
  route: 'routes',
  r: 'routes',
  endpoint: 'endpoints',
  ep: 'endpoints',
  secrets: 'secret',
  s: 'secret',
  b: 'bootstrap',
  a: 'all',
}

interface Filters {
  readonly fqdn?: string | undefined
  readonly port?: string | undefined
  readonly name?: string | undefined
}

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('proxy-config', args, OPTIONS, 3)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [word = '', name = '', directory] = positionals
  if (word === '' || (name === '' && values.file === undefined))
    throw new UsageError(
      'Cannot print a configuration: expected a part and a pod, as in "mizzen proxy-config routes cart-0.shop"',
    )
  const part = ALIASES[word] ?? oneOf('part', word, PARTS)
  const format = oneOf('output', values.output, ['short', 'json', 'yaml'])
  const print = async (get: (page: string) => Promise<unknown>) => {
    const raw = await rawPart(part, get)
    if (format === 'json') io.stdout.write(`${JSON.stringify(raw, null, 2)}\n`)
    else if (format === 'yaml') io.stdout.write(stringify(raw, { lineWidth: 0, aliasDuplicateObjects: false }))
    else io.stdout.write(await shortPart(part, get, values))
  }
  if (values.file !== undefined) {
    const dump: unknown = JSON.parse(await readText(values.file, io))
    await print(async () => dump)
    return EXIT.ok
  }
  if (meansLocal(args, io)) {
    const { localProxyPages } = await import('./local-proxy-config.ts')
    await print(localProxyPages(name, directory, io))
    return EXIT.ok
  }
  await withCluster(values, io, async server => {
    await withProxyAdmin(await podNamed(server, name, values.namespace), values, io, print)
  })
  return EXIT.ok
}

const DUMP = '/config_dump?include_eds'
const HOSTS = '/clusters?format=json'
const SECTIONS = { clusters: 'Clusters', listeners: 'Listeners', routes: 'Routes', bootstrap: 'Bootstrap' } as const

async function rawPart(part: Part, get: (page: string) => Promise<unknown>): Promise<unknown> {
  switch (part) {
    case 'endpoints':
      return list(await get(HOSTS), 'cluster_statuses')
    case 'secret':
      return get('/certs')
    case 'all':
      return get(DUMP)
    default:
      return section(await get(DUMP), SECTIONS[part])
  }
}

async function shortPart(part: Part, get: (page: string) => Promise<unknown>, filters: Filters): Promise<string> {
  switch (part) {
    case 'clusters':
      return text(clusterTable(await get(DUMP)), { 'SERVICE FQDN': filters.fqdn, PORT: filters.port })
    case 'listeners':
      return text(listenerTable(await get(DUMP)), { PORT: filters.port })
    case 'routes':
      return text(routeTable(await get(DUMP)), { NAME: filters.name })
    case 'endpoints': {
      const found = endpointTable(await get(HOSTS))
      const rows = found.rows.filter(([address = '', , , cluster = '']) => {
        const [, port, , host] = cluster.split('|')
        return (
          (filters.fqdn === undefined || host === filters.fqdn) &&
          (filters.port === undefined || port === filters.port || address.endsWith(`:${filters.port}`))
        )
      })
      return text({ ...found, rows }, {})
    }
    case 'secret':
      return text(secretTable(await get('/certs'), Date.now()), {})
    case 'bootstrap':
      return stringify(at(section(await get(DUMP), 'Bootstrap'), 'bootstrap'), { lineWidth: 0 })
    case 'all': {
      const parts: readonly Part[] = ['clusters', 'listeners', 'routes', 'endpoints', 'secret']
      const texts: string[] = []
      for (const each of parts) texts.push(`${each.toUpperCase()}\n${await shortPart(each, get, filters)}`)
      return texts.join('\n')
    }
  }
}

/** @param only values of columns; undefined: any */
function text({ heads, rows }: Table, only: Readonly<Record<string, string | undefined>>): string {
  const kept = rows.filter(row => heads.every((head, i) => only[head] === undefined || row[i] === only[head]))
  return table(heads, kept)
}
