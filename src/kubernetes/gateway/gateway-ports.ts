/** The ports of a gateway's Service: one for each port that a listener has, and the one where load balancers ask for its health. */

export interface ServicePort {
  readonly name: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  readonly appProtocol?: string
}

const STATUS: ServicePort = { name: 'status-port', port: 15_021, protocol: 'TCP', appProtocol: 'tcp' }

export function gatewayPorts(listeners: readonly { readonly port: number; readonly protocol: string }[]): readonly ServicePort[] {
  const ports = new Map<string, ServicePort>()
  for (const { port, protocol } of listeners) {
    const transport = protocol === 'UDP' ? 'UDP' : 'TCP'
    const word = protocol.toLowerCase()
    // A protocol of somebody's domain is nothing that a port's name could tell.
    const known = ['http', 'https', 'tls', 'tcp', 'udp'].includes(word)
    const key = `${transport} ${port}`
    if (!ports.has(key))
      ports.set(key, { name: `${known ? word : 'other'}-${port}`, port, protocol: transport, appProtocol: known ? word : 'tcp' })
  }
  return [STATUS, ...[...ports.values()].filter(({ port }) => port !== STATUS.port)]
}
