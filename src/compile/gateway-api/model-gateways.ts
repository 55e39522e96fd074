/** Listeners as gateways of the model: one each, so that routes can be attached to it alone. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Gateway } from '../../model/gateway.ts'
import { isSubset } from '../../model/host.ts'
import { parseProtocol } from '../../model/protocol.ts'
import { originOf } from '../origin.ts'
import { isProgrammed, type ResolvedGateway, type ResolvedListener } from './gateways.ts'

const gateways = new IdentityMemo<Gateway>()

export function modelGateways(resolved: readonly ResolvedGateway[]): Gateway[] {
  return resolved.flatMap(gateway =>
    gateway.listeners.filter(isProgrammed).map(listener => {
      const isolated = isInside(listener, gateway.listeners)
      const { selector, namespace } = gateway.addressing
      const elsewhere = hostsElsewhere(listener, gateway.listeners)
      const variant = JSON.stringify([selector, namespace, listener.tls, isolated, elsewhere, gateway.clientCertificate])
      return gateways.get([listener.owner, gateway.object, listener.index, variant], () =>
        modelGateway(listener, gateway, isolated, elsewhere),
      )
    }),
  )
}

function modelGateway(
  { owner, index, listener, tls, attachment }: ResolvedListener,
  { addressing, object, clientCertificate }: ResolvedGateway,
  isolated: boolean,
  elsewhere: readonly string[],
): Gateway {
  const origin = originOf(owner, ['spec', 'listeners', index])
  return {
    name: attachment.slice(owner.namespace.length + 1),
    namespace: owner.namespace,
    selector: addressing.selector,
    proxyNamespace: addressing.namespace,
    servers: [
      {
        port: listener.port,
        portName: 'default',
        protocol: parseProtocol(listener.protocol),
        bind: '',
        hosts: [{ namespace: '*', host: listener.hostname?.toLowerCase() ?? '*' }],
        tls,
        name: listener.name,
        ...(isolated ? { isolated } : {}),
        ...(elsewhere.length > 0 ? { elsewhere } : {}),
        origin,
      },
    ],
    ...(clientCertificate && 'found' in clientCertificate ? { backendCredential: clientCertificate.found } : {}),
    created: object.creationTimestamp ?? '',
    origin,
  }
}

/** Whether another listener of the port has wider hosts. */
function isInside({ listener }: ResolvedListener, all: readonly ResolvedListener[]): boolean {
  const { hostname, port, protocol } = listener
  if (hostname === undefined || protocol !== 'HTTP') return false
  return all.some(
    ({ listener: other }) =>
      other.port === port && (other.hostname ?? '*') !== hostname && isSubset(hostname, other.hostname ?? '*'),
  )
}

/** A client may reuse a connection for another host that the certificate covers, but its listener was chosen by server name. */
function hostsElsewhere(own: ResolvedListener, all: readonly ResolvedListener[]): string[] {
  if (own.listener.protocol !== 'HTTPS') return []
  return all
    .filter(other => other !== own && isProgrammed(other))
    .filter(({ listener: { protocol, port } }) => protocol === 'HTTPS' && port === own.listener.port)
    .map(({ listener }) => listener.hostname?.toLowerCase() ?? '*')
}
