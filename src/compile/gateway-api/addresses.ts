/** Which proxies serve a Gateway, and under which addresses it is reached. */
import { GATEWAY_NAME } from '../../api/gateway/values.ts'
import type { KubernetesGateway } from '../../api/registry.ts'
import type { Labels } from '../../model/labels.ts'
import { hasLabels } from '../../model/labels.ts'
import { portOf, type Service } from '../../model/service.ts'
import type { Refusal } from './conditions.ts'
import { gatewayLabel, infrastructureName } from './infrastructure-name.ts'
import type { World } from './world.ts'

export interface Addressing {
  /** Labels and namespace of the proxies. */
  readonly selector: Labels
  readonly namespace: string
  readonly addresses: readonly { readonly type: string; readonly value: string }[]
  /** Addresses of a kind that cannot be had. */
  readonly unsupported: Refusal | undefined
  readonly unprogrammed: Refusal | undefined
}

/** Whether the Gateway names what serves it; for any other something is made. */
export function isManual({ spec: { addresses: asked = [] } }: KubernetesGateway): boolean {
  const [first] = asked
  // Without a value, any address of that type will do: the one of the Gateway's own pods.
  const anyWillDo = asked.every(({ type = 'IPAddress', value }) => !value && (type === 'IPAddress' || type === 'Hostname'))
  return !anyWillDo && first !== undefined && (asked.length > 1 || (first.type ?? 'IPAddress') !== 'IPAddress')
}

/** A Gateway with an address of type Hostname is served by that Service's pods; any other by pods that carry its name. */
export function addressing(gateway: KubernetesGateway, ports: readonly number[], world: World): Addressing {
  const asked = gateway.spec.addresses ?? []
  const own = { selector: { [GATEWAY_NAME]: gatewayLabel(gateway.name) }, namespace: gateway.namespace }
  if (!isManual(gateway)) return ownPods(gateway, ports, world, own)
  const hosts = asked.flatMap(({ type, value }) => (type === 'Hostname' && value ? [fullHost(value, gateway, world)] : []))
  const others = asked.filter(({ type }) => type !== 'Hostname').map(({ type = 'IPAddress', value = '' }) => `${type} "${value}"`)
  const unsupported: Refusal | undefined =
    others.length > 0
      ? {
          reason: 'UnsupportedAddress',
          message: `${others.join(', ')} cannot be had: expected addresses of type Hostname, naming a Service`,
        }
      : undefined
  const service = hosts.flatMap(host => serviceFor(host, gateway.namespace, world) ?? [])[0]
  const selected = service ? { selector: service.selector ?? own.selector, namespace: service.namespace } : own
  return { ...selected, unsupported, ...reached(hosts, ports, gateway.namespace, world) }
}

/** The Service in front of a Gateway's own pods is called as Istio calls it, or carries the Gateway's name. */
function ownPods(
  gateway: KubernetesGateway,
  ports: readonly number[],
  world: World,
  own: { readonly selector: Labels; readonly namespace: string },
): Addressing {
  const { name, namespace, spec } = gateway
  const named = world.service(world.hostOf(infrastructureName(gateway), namespace))
  const label = gatewayLabel(name)
  const labelled = world.objects.Service.find(object => object.namespace === namespace && object.labels[GATEWAY_NAME] === label)
  const service = named ?? (labelled && world.service(world.hostOf(labelled.name, namespace)))
  const pods = world.workloads.filter(pod => pod.namespace === namespace && hasLabels(pod.labels, own.selector))
  if (service) {
    const { addresses, unprogrammed } = reached([service.hostname], ports, namespace, world)
    const starting = madeHere(service, world) && !pods.some(pod => pod.ready)
    const message = `none of its pods is ready yet (label ${GATEWAY_NAME}=${label})`
    return {
      ...own,
      unsupported: undefined,
      addresses,
      unprogrammed: unprogrammed ?? (starting ? { reason: 'Pending', message } : undefined),
    }
  }
  const addresses = [...new Set(pods.flatMap(pod => pod.addresses))].map(value => ({ type: 'IPAddress', value }))
  const message = `nothing serves it yet: expected pods with the label ${GATEWAY_NAME}=${name} or a Service "${name}-${spec.gatewayClassName}"`
  return {
    ...own,
    addresses,
    unsupported: undefined,
    unprogrammed: pods.length > 0 ? undefined : { reason: 'AddressNotUsable', message },
  }
}

function fullHost(value: string, { namespace }: KubernetesGateway, world: World): string {
  return value.includes('.') ? value : world.hostOf(value, namespace)
}

/** Only what stands beside the Gateway can carry its listeners. */
function serviceFor(host: string, namespace: string, world: World): Service | undefined {
  const service = world.service(host)
  return service?.namespace === namespace ? service : undefined
}

function reached(
  hosts: readonly string[],
  ports: readonly number[],
  namespace: string,
  world: World,
): Pick<Addressing, 'addresses' | 'unprogrammed'> {
  const missing = hosts.filter(host => !serviceFor(host, namespace, world))
  const services = hosts.flatMap(host => serviceFor(host, namespace, world) ?? [])
  const closed = services.flatMap(service =>
    ports.filter(port => !portOf(service, port)).map(port => `${service.hostname}:${port}`),
  )
  const open = services.filter(service => ports.some(port => portOf(service, port)))
  const external = open.flatMap(service => externalAddresses(service, world))
  const reachable = external.length > 0 ? external : open.flatMap(service => insideAddresses(service, world))
  const addresses = reachable.length > 0 ? reachable : open.map(service => ({ type: 'Hostname', value: service.hostname }))
  if (hosts.length === 0)
    return { addresses, unprogrammed: { reason: 'UnsupportedAddress', message: 'no address is left that can be had' } }
  if (missing.length > 0)
    return {
      addresses,
      unprogrammed: { reason: 'AddressNotUsable', message: `there is no Service ${quoted(missing)} in namespace "${namespace}"` },
    }
  if (closed.length > 0)
    return { addresses, unprogrammed: { reason: 'AddressNotUsable', message: `there is no Service port ${quoted(closed)}` } }
  return { addresses, unprogrammed: undefined }
}

function externalAddresses(service: Service, { objects }: World): { type: string; value: string }[] {
  const object = objects.Service.find(entry => entry.name === service.name && entry.namespace === service.namespace)
  const ingress = object?.status?.loadBalancer?.ingress ?? []
  return [
    ...ingress.flatMap(({ ip, hostname }) =>
      ip ? [{ type: 'IPAddress', value: ip }] : hostname ? [{ type: 'Hostname', value: hostname }] : [],
    ),
    ...(object?.spec.externalIPs ?? []).map(value => ({ type: 'IPAddress', value })),
  ]
}

/** Where no load balancer gives a Service that was made for a Gateway an address, the cluster's own is one. */
function insideAddresses(service: Service, world: World): { type: string; value: string }[] {
  return madeHere(service, world) ? service.addresses.map(value => ({ type: 'IPAddress', value })) : []
}

/** Whether a control plane has made it for a Gateway, with the pods behind it. */
function madeHere(service: Service, { objects }: World): boolean {
  const object = objects.Service.find(entry => entry.name === service.name && entry.namespace === service.namespace)
  return object?.labels[MANAGED] !== undefined
}

const MANAGED = 'gateway.istio.io/managed'

function quoted(names: readonly string[]): string {
  return names.map(name => `"${name}"`).join(', ')
}
