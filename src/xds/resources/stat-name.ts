/** Names of clusters in statistics, where the mesh configuration has patterns for them (inboundClusterStatName, outboundClusterStatName). */
import type { Service, ServicePort } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { InboundPort } from './inbound-port.ts'

/** @returns undefined: the mesh configuration says nothing */
export function outboundStatName(
  settings: MeshSettings,
  service: Service,
  port: ServicePort,
  subset: string | undefined,
): string | undefined {
  return filled(settings.statNames.outbound, settings, service, port, { '%SUBSET_NAME%': subset ?? '' })
}

/** @returns undefined: the mesh configuration says nothing, or no service leads there */
export function inboundStatName(settings: MeshSettings, { service, port, target }: InboundPort): string | undefined {
  if (!service || !port) return undefined
  return filled(settings.statNames.inbound, settings, service, port, { '%TARGET_PORT%': String(target) })
}

function filled(
  pattern: string,
  { domainSuffix }: MeshSettings,
  { hostname, name, namespace }: Service,
  port: ServicePort,
  more: Readonly<Record<string, string>>,
): string | undefined {
  if (pattern === '') return undefined
  const ofPlatform = hostname === `${name}.${namespace}.svc.${domainSuffix}`
  const values: Readonly<Record<string, string>> = {
    '%SERVICE%': ofPlatform ? `${name}.${namespace}` : hostname,
    '%SERVICE_NAME%': name,
    '%SERVICE_FQDN%': hostname,
    '%SERVICE_PORT%': String(port.number),
    '%SERVICE_PORT_NAME%': port.name,
    '%TARGET_PORT%': String(port.target),
    ...more,
  }
  return pattern.replace(/%[A-Z_]+%/g, operator => values[operator] ?? operator)
}
