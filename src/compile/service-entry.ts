/** ServiceEntries: services the platform does not know. One for each host. */
import type { ServiceEntry } from '../api/registry.ts'
import { parseProtocol } from '../model/protocol.ts'
import type { Resolution, Service, ServicePort } from '../model/service.ts'
import type { MeshSettings } from '../model/settings.ts'
import { underCeiling, type VisibilityCeiling, visibility } from '../model/visibility.ts'
import { originOf } from './origin.ts'

const RESOLUTIONS: Readonly<Record<string, Resolution>> = {
  NONE: 'original',
  STATIC: 'endpoints',
  DNS: 'dns',
  DNS_ROUND_ROBIN: 'dns-round-robin',
  DYNAMIC_DNS: 'dynamic-dns',
}

const AUTO_ALLOCATE = 'networking.istio.io/enable-autoallocate-ip'

/** @param ceiling of its namespace (MeshConfig.serviceEntryVisibility) */
export function compileServiceEntry(
  object: ServiceEntry,
  settings: MeshSettings,
  ceiling: VisibilityCeiling = 'public',
): Service[] {
  const { spec, labels } = object
  const ports = (spec.ports ?? []).map(
    (port): ServicePort => ({
      name: port.name,
      number: port.number ?? 0,
      protocol: parseProtocol(port.protocol ?? ''),
      target: port.targetPort || port.number || 0,
    }),
  )
  return spec.hosts.map(host => ({
    hostname: host.toLowerCase(),
    namespace: object.namespace,
    name: object.name,
    ports,
    addresses: (spec.addresses ?? []).map(address => address.replace(/\/(32|128)$/, '')),
    resolution: RESOLUTIONS[spec.resolution ?? 'NONE'] ?? 'original',
    headless: false,
    external: spec.location !== 'MESH_INTERNAL',
    platform: false,
    selector: spec.workloadSelector?.labels,
    exportTo: underCeiling(
      visibility(spec.exportTo, object.namespace, settings.defaultServiceExportTo),
      object.namespace,
      ceiling,
    ),
    aliases: [],
    subjectAltNames: spec.subjectAltNames ?? [],
    ...(wantsAddress(object, host) && { wantsAddress: true }),
    trafficDistribution: undefined,
    mapsGatewayPorts: labels['experimental.istio.io/disable-gateway-port-translation'] !== 'true',
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }))
}

/** An address for all of NONE would lead to nobody, one for a wildcard to no name. */
function wantsAddress({ spec, labels }: ServiceEntry, host: string): boolean {
  const nowhere = (spec.addresses ?? []).length === 0 && (spec.resolution ?? 'NONE') !== 'NONE'
  return nowhere && !host.startsWith('*') && labels[AUTO_ALLOCATE] !== 'false'
}
