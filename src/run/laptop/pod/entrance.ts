/** Where gateways listen on this machine. */

export interface Entrance {
  /** Loopback, unless the user wants others to come in. */
  readonly address: string
  /** The port that a Gateway's server port should have here: root is not needed, and people remember it. */
  portFor(serverPort: number): number
}

/** @param ingressPort stands for port 80 @default 8080 */
export function entrance(address = '127.0.0.1', ingressPort = 8080): Entrance {
  return { address, portFor: port => (port === 80 ? ingressPort : port < 1024 ? port + 8000 : port) }
}

/** What to connect to on this machine: an address that stands for all of them is none. */
export function reachable(address: string): string {
  return address === '0.0.0.0' || address === '::' ? '127.0.0.1' : address
}
