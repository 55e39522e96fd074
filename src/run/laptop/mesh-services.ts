/** The services of the mesh as applications on this machine reach them: by name through HTTP_PROXY, or by a forwarded port. */
import type { Mesh } from '../../model/mesh.ts'
import type { Protocol } from '../../model/protocol.ts'
import type { ServicePort } from './env/service-address.ts'

/** What an HTTP/1 proxy understands. Ports that declare nothing are reached both ways. */
const BY_PROXY: ReadonlySet<Protocol> = new Set<Protocol>(['HTTP', 'HTTP_PROXY', 'GRPC-Web'])

export function servicePorts({ services }: Mesh): ServicePort[] {
  return services.flatMap(({ hostname, namespace, name, platform, ports }) =>
    ports
      .filter(({ protocol }) => protocol !== 'UDP')
      .map(port => ({
        host: hostname,
        ...(platform ? { service: { name, namespace } } : {}),
        port: port.number,
        portName: port.name,
        forward: undefined,
        undeclared: port.protocol === 'auto',
      })),
  )
}

/** Services ("host:port") to which every sidecar forwards a local port. */
export function forwardedServices({ services }: Mesh): string[] {
  return services
    .filter(({ hostname }) => !hostname.includes('*'))
    .flatMap(({ hostname, ports }) =>
      ports.filter(({ protocol }) => isForwarded(protocol)).map(({ number }) => `${hostname}:${number}`),
    )
}

function isForwarded(protocol: Protocol): boolean {
  return protocol !== 'UDP' && !BY_PROXY.has(protocol)
}
