/** How VirtualServices name gateways. */
import { MESH } from '../model/route-set.ts'

/** "gateway" is one of the same namespace, "ns/gateway" of another; the old form "gateway.ns.svc.cluster.local" is "ns/gateway". */
export function gatewayName(name: string, namespace: string): string {
  if (name === MESH || name.includes('/')) return name.startsWith('./') ? `${namespace}/${name.slice(2)}` : name
  const [gateway = '', other] = name.split('.')
  return other === undefined ? `${namespace}/${name}` : `${other}/${gateway}`
}
