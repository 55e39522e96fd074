/** `mizzen proxy-config TYPE PROXY`: the configuration that one proxy has, as its own admin endpoint tells it. */
import { nearest } from '../lib/nearest.ts'
import { findRunning } from '../run/laptop/state/find.ts'
import { askedProxies } from '../run/laptop/status/asked-proxies.ts'
import { readMeshStatus } from '../run/laptop/status/mesh-status.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { CONFIG_TYPES, configPage, configTable, resourcesIn } from './proxy-config-text.ts'

export const USAGE = `Usage: mizzen proxy-config TYPE PROXY [DIR] [-o json]

What one proxy of the running mesh has: listeners, routes, clusters, endpoints or secret. PROXY is a pod: "cart-0", "shop/cart-0" or "cart-0.shop".

  -o, --output json   the whole messages, as the proxy's admin endpoint gives them
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('proxy-config', args, { output: { type: 'string', short: 'o' } }, 3)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [typed = '', name, directory] = positionals
  if (name === undefined)
    throw new UsageError(`Cannot show a proxy's configuration: expected a type (${CONFIG_TYPES.join(', ')}) and a PROXY`)
  const type = oneOf('type', singular(typed), CONFIG_TYPES)
  const asJson = values.output !== undefined && oneOf('output', values.output, ['json']) === 'json'
  const { state, holder } = findRunning(directory, io)
  const status = readMeshStatus(state, holder.pid)
  if (!status) throw new Error(`Cannot ask the mesh of "${holder.directory}": it is just starting, try again in a second`)
  const proxies = askedProxies(status)
  const proxy = proxies.find(each => namesOf(each.name).includes(name))
  if (!proxy) {
    const meant = nearest(
      name,
      proxies.map(each => each.name),
    )
    throw new Error(
      `Cannot find the proxy "${name}": ${meant ? `did you mean "${meant}"?` : `there are ${proxies.map(each => each.name).join(', ')}`}`,
    )
  }
  const dump: unknown = JSON.parse(await proxy.admin(configPage(type)))
  io.stdout.write(asJson ? `${JSON.stringify(resourcesIn(type, dump), null, 2)}\n` : configTable(type, dump))
  return EXIT.ok
}

/** istioctl takes both, and short forms. */
function singular(word: string): string {
  const short: Readonly<Record<string, string>> = {
    listeners: 'listener',
    l: 'listener',
    routes: 'route',
    r: 'route',
    clusters: 'cluster',
    c: 'cluster',
    endpoints: 'endpoint',
    ep: 'endpoint',
    secrets: 'secret',
    s: 'secret',
  }
  return short[word] ?? word
}

/** "shop/cart-0" is also "cart-0" and "cart-0.shop". */
function namesOf(full: string): string[] {
  const [namespace = '', name = ''] = full.split('/')
  return [full, name, `${name}.${namespace}`]
}
