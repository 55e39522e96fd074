/** Gateways and the services outside, of VirtualGateway. */
import type { Gateway, GatewayServer } from '../../../model/gateway.ts'
import type { Service } from '../../../model/service.ts'
import { type IstioObject, istio } from './object.ts'

export function gatewayObject({ name, namespace, selector, servers }: Gateway): IstioObject {
  return istio('networking', 'Gateway', name, namespace, { selector, servers: servers.map(serverSpec) })
}

const MODES: Readonly<Record<string, string>> = { simple: 'SIMPLE', mutual: 'MUTUAL', passthrough: 'PASSTHROUGH' }

function serverSpec({ port, portName, protocol, hosts, tls }: GatewayServer): object {
  const [credential] = tls?.credentials ?? []
  return {
    port: { number: port, name: portName, protocol },
    hosts: hosts.map(({ host }) => host),
    tls: tls?.httpsRedirect
      ? { httpsRedirect: true }
      : tls && {
          mode: MODES[tls.mode],
          credentialName: credential,
          minProtocolVersion: tls.minVersion ? `TLSV${tls.minVersion.replace('.', '_')}` : undefined,
        },
  }
}

export function serviceEntry({ name, namespace, hostname, ports }: Service): IstioObject {
  return istio('networking', 'ServiceEntry', `${name}-${hostname.replaceAll('.', '-')}`, namespace, {
    hosts: [hostname],
    ports: ports.map(port => ({ number: port.number, name: port.name, protocol: port.protocol })),
    resolution: 'DNS',
    location: 'MESH_EXTERNAL',
  })
}
