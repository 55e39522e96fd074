/** `mizzen proxy-config` on a mesh that runs here: asks the admin endpoint of the proxy that is named. */
import { nearest } from '../lib/nearest.ts'
import { findRunning } from '../run/laptop/state/find.ts'
import { askedProxies } from '../run/laptop/status/asked-proxies.ts'
import { readMeshStatus } from '../run/laptop/status/mesh-status.ts'
import type { Io } from './io.ts'

/**
 * What asks the proxy for a page of its admin endpoint.
 * @param named "cart-0", "shop/cart-0" or "cart-0.shop"
 * @param directory of the mesh; undefined: the only one that runs
 */
export function localProxyPages(named: string, directory: string | undefined, io: Io): (page: string) => Promise<unknown> {
  const { state, holder } = findRunning(directory, io)
  const status = readMeshStatus(state, holder.pid)
  if (!status) throw new Error(`Cannot ask the mesh of "${holder.directory}": it is just starting, try again in a second`)
  const proxies = askedProxies(status)
  const proxy = proxies.find(each => namesOf(each.name).includes(named))
  if (proxy) return async page => JSON.parse(await proxy.admin(page))
  const meant = nearest(
    named,
    proxies.flatMap(each => namesOf(each.name)),
  )
  throw new Error(
    `Cannot find the proxy "${named}": ${meant ? `did you mean "${meant}"?` : `there are ${proxies.map(each => each.name).join(', ')}`}`,
  )
}

/** "shop/cart-0" is also "cart-0" and "cart-0.shop". */
function namesOf(full: string): string[] {
  const [namespace = '', name = ''] = full.split('/')
  return [full, name, `${name}.${namespace}`]
}
