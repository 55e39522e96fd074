/** Kubernetes Services. */
import type { Service as ServiceObject } from '../api/registry.ts'
import { portProtocol } from '../model/protocol.ts'
import type { Service, ServicePort } from '../model/service.ts'
import type { MeshSettings } from '../model/settings.ts'
import { visibility } from '../model/visibility.ts'
import { originOf } from './origin.ts'

export function serviceHost(name: string, namespace: string, settings: MeshSettings): string {
  return `${name}.${namespace}.svc.${settings.domainSuffix}`
}

/** An ExternalName service: another name for `target`. */
export interface NameAlias {
  readonly hostname: string
  readonly namespace: string
  readonly target: string
}

export function aliasOf(object: ServiceObject, settings: MeshSettings): NameAlias | undefined {
  const { type, externalName } = object.spec
  if (type !== 'ExternalName' || !externalName) return undefined
  return { hostname: serviceHost(object.name, object.namespace, settings), namespace: object.namespace, target: externalName }
}

/** @param address the virtual address where the object has none; undefined: it stays without */
export function compileService(object: ServiceObject, settings: MeshSettings, address: string | undefined): Service {
  const { spec, annotations, labels } = object
  const headless = spec.clusterIP === 'None'
  const exportTo = annotations['networking.istio.io/exportTo']?.split(',').map(entry => entry.trim())
  return {
    hostname: serviceHost(object.name, object.namespace, settings),
    namespace: object.namespace,
    name: object.name,
    ports: (spec.ports ?? []).map(compilePort),
    addresses: headless ? [] : [...clusterAddresses(object), ...(address ? [address] : [])],
    resolution: headless ? 'original' : 'endpoints',
    headless,
    external: false,
    platform: true,
    selector: hasEntries(spec.selector) ? spec.selector : undefined,
    exportTo: visibility(exportTo, object.namespace, settings.defaultServiceExportTo),
    aliases: [],
    subjectAltNames: [],
    trafficDistribution: trafficDistribution(spec.trafficDistribution ?? annotations['networking.istio.io/traffic-distribution']),
    mapsGatewayPorts: labels['experimental.istio.io/disable-gateway-port-translation'] !== 'true',
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

export function clusterAddresses({ spec }: ServiceObject): string[] {
  const all = [spec.clusterIP, ...(spec.clusterIPs ?? [])].flatMap(ip => (ip && ip !== 'None' ? [ip] : []))
  return [...new Set(all)]
}

function compilePort(port: NonNullable<ServiceObject['spec']['ports']>[number]): ServicePort {
  const declaration = {
    number: port.port,
    name: port.name ?? '',
    transport: port.protocol ?? 'TCP',
    appProtocol: port.appProtocol,
  }
  return {
    name: port.name ?? '',
    number: port.port,
    protocol: port.protocol === 'SCTP' ? 'UDP' : portProtocol(declaration),
    target:
      port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '' ? port.port : targetPort(port.targetPort),
  }
}

/** "8080" in quotes is a number too. */
function targetPort(port: number | string): number | string {
  return typeof port === 'string' && /^\d+$/.test(port) ? Number(port) : port
}

function trafficDistribution(text: string | undefined): Service['trafficDistribution'] {
  return text === 'PreferClose' || text === 'PreferSameZone' || text === 'PreferSameNode' ? text : undefined
}

function hasEntries(labels: Readonly<Record<string, string>> | undefined): boolean {
  return labels !== undefined && Object.keys(labels).length > 0
}
