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
      const variant = JSON.stringify([selector, namespace, listener.tls, isolated, gateway.clientCertificate])
      return gateways.get([listener.owner, gateway.object, listener.index, variant], () =>
        modelGateway(listener, gateway, isolated),
      )
    }),
  )
}

function modelGateway(
  { owner, index, listener, tls, attachment }: ResolvedListener,
  { addressing, object, clientCertificate }: ResolvedGateway,
  isolated: boolean,
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
