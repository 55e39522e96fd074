/** Where a listener listens. */
import type { Listener } from '../../xds/gen/envoy/config/listener/v3/listener.ts'

export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/** @throws when the address is missing, or of a kind that can't be listened on */
export function listenAddress({ address }: Pick<Listener, 'address'>): ListenAddress {
  const kind = address?.address
  if (kind?.$case === 'pipe') return { path: kind.value.path }
  if (kind?.$case !== 'socketAddress') throw new Error('its address is missing, expected a socket_address or a pipe')
  const { address: host, portSpecifier, protocol } = kind.value
  if (protocol !== 0) throw new Error('its address is for UDP, expected TCP')
  if (portSpecifier?.$case !== 'portValue') throw new Error('its address has no port_value')
  return { host, port: portSpecifier.value }
}

/** "10.0.0.1:80", "[::]:80" or a path. Two listeners may not have the same. */
export function addressText(address: ListenAddress): string {
  if ('path' in address) return address.path
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`
}

/** As Envoy's statistics name it: "10.0.0.1_80". */
export function listenerStatName(address: ListenAddress): string {
  return addressText(address).replaceAll(':', '_')
}
