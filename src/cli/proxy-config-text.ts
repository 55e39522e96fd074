/** A proxy's configuration as tables, from what an Envoy's or a mizzen proxy's admin endpoint answers. Pure; for laptops and clusters alike. */
import { table } from './table.ts'

export const CONFIG_TYPES = ['listener', 'route', 'cluster', 'endpoint', 'secret'] as const
export type ConfigType = (typeof CONFIG_TYPES)[number]

/** The admin page that has it. */
export function configPage(type: ConfigType): string {
  return type === 'endpoint' ? '/clusters?format=json' : type === 'secret' ? '/certs' : '/config_dump'
}

type Fields = Readonly<Record<string, unknown>>

const KINDS: Readonly<Record<Exclude<ConfigType, 'endpoint' | 'secret'>, string>> = {
  listener: 'listener',
  route: 'route_config',
  cluster: 'cluster',
}

/** The messages of that type. @param dump parsed JSON of {@link configPage} */
export function resourcesIn(type: ConfigType, dump: unknown): Fields[] {
  if (type === 'endpoint') return list(fields(dump)['cluster_statuses'])
  if (type === 'secret') return list(fields(dump)['certificates'])
  const found: Fields[] = []
  walk(dump, KINDS[type], found)
  return found
}

/** Dumps hold messages beside their state, one level deeper for some types than for others. */
function walk(value: unknown, wanted: string, found: Fields[], depth = 0): void {
  if (depth > 7 || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const each of value) walk(each, wanted, found, depth + 1)
    return
  }
  for (const [name, inner] of Object.entries(value)) {
    if (name === wanted && typeof inner === 'object' && inner !== null && !Array.isArray(inner)) found.push(fields(inner))
    else walk(inner, wanted, found, depth + 1)
  }
}

export function configTable(type: ConfigType, dump: unknown): string {
  const resources = resourcesIn(type, dump)
  switch (type) {
    case 'listener':
      return table(['ADDRESS', 'PORT', 'CHAINS', 'NAME'], resources.map(listenerRow).sort(byPort))
    case 'route':
      return table(['ROUTE TABLE', 'VIRTUAL HOST', 'DOMAINS', 'MATCH', 'RULE'], resources.flatMap(routeRows))
    case 'cluster':
      return table(['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'RULE'], resources.map(clusterRow).sort())
    case 'endpoint':
      return table(['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], resources.flatMap(endpointRows))
    case 'secret':
      return table(['TYPE', 'NAMES', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE'], resources.flatMap(certificateRows))
  }
}

function listenerRow(listener: Fields): string[] {
  const socket = fields(fields(listener['address'])['socket_address'])
  return [
    text(socket['address']),
    text(socket['port_value']),
    String(list(listener['filter_chains']).length),
    text(listener['name']),
  ]
}

function byPort(a: readonly string[], b: readonly string[]): number {
  return Number(a[1]) - Number(b[1])
}

function routeRows(table: Fields): string[][] {
  return list(table['virtual_hosts']).flatMap(host => {
    const domains = Array.isArray(host['domains']) ? host['domains'].map(String) : []
    const shown = domains.length > 2 ? `${domains.slice(0, 2).join(', ')} + ${domains.length - 2} more` : domains.join(', ')
    return list(host['routes']).map(route => [
      text(table['name']),
      text(host['name']),
      shown,
      matchText(fields(route['match'])),
      originText(route),
    ])
  })
}

function matchText(match: Fields): string {
  for (const name of ['prefix', 'path', 'path_separated_prefix'])
    if (name in match) return `${text(match[name])}${name === 'prefix' ? '*' : ''}`
  return 'safe_regex' in match ? text(fields(match['safe_regex'])['regex']) : 'connect_matcher' in match ? 'CONNECT' : '*'
}

/** "shop/catalog http[1] catalog.yaml:109" */
function originText(resource: Fields): string {
  const own = fields(fields(fields(resource['metadata'])['filter_metadata'])['mizzen.dev'])
  const place = text(own['file']) === '' ? '' : ` ${text(own['file'])}${Number(own['line']) > 0 ? `:${text(own['line'])}` : ''}`
  return `${[text(own['origin']), text(own['rule'])].filter(part => part !== '').join(' ')}${place}`
}

function clusterRow(cluster: Fields): string[] {
  const name = text(cluster['name'])
  const [direction = '', port = '', subset = '', host = ''] = name.split('|')
  const type = text(cluster['type']) || ('cluster_type' in cluster ? text(fields(cluster['cluster_type'])['name']) : 'STATIC')
  return name.includes('|')
    ? [host || '-', port, subset || '-', direction, type, originText(cluster)]
    : [name, '-', '-', '-', type, '']
}

function endpointRows(status: Fields): string[][] {
  return list(status['host_statuses']).map(host => {
    const address = fields(host['address'])
    const socket = fields(address['socket_address'])
    const where =
      'address' in socket ? `${text(socket['address'])}:${text(socket['port_value'])}` : text(fields(address['pipe'])['path'])
    const health = fields(host['health_status'])
    return [
      where,
      text(health['eds_health_status']) || 'HEALTHY',
      health['failed_outlier_check'] === true ? 'FAILED' : 'OK',
      text(status['name']),
    ]
  })
}

function certificateRows(certificate: Fields): string[][] {
  const rows = (field: string, type: string) =>
    list(certificate[field]).map(each => {
      const names = list(each['subject_alt_names']).flatMap(name => Object.values(name).map(String))
      return [type, names.join(', ') || '-', text(each['serial_number']), text(each['expiration_time']), text(each['valid_from'])]
    })
  return [...rows('cert_chain', 'Cert Chain'), ...rows('ca_cert', 'CA')]
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(fields) : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
