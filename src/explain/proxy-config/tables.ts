/** A proxy's configuration as tables, in the columns of istioctl: from what its admin endpoint dumps (mizzen's or Envoy's). Pure. */
import { at, isRecord, list, originOf, section, text } from './json.ts'

export interface Table {
  readonly heads: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** @param dump of /config_dump */
export function clusterTable(dump: unknown): Table {
  const found = section(dump, 'Clusters')
  const clusters = [...list(found, 'static_clusters'), ...list(found, 'dynamic_active_clusters')].map(each => at(each, 'cluster'))
  const rows = clusters.map(cluster => {
    const name = text(cluster, 'name')
    const [direction = '', port = '', subset = '', host = ''] = name.split('|')
    const kind = text(cluster, 'type') || text(cluster, 'cluster_type', 'name') || 'STATIC'
    return host || direction === 'inbound'
      ? [host, port, subset || '-', direction, kind, rulesOf(cluster)]
      : [name, '-', '-', '-', kind, rulesOf(cluster)]
  })
  return { heads: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'ORIGIN'], rows: sorted(rows) }
}

function rulesOf(cluster: unknown): string {
  const rules = list(cluster, 'metadata', 'filter_metadata', 'mizzen.dev', 'rules').map(String)
  return rules.length > 0 ? rules.join(', ') : originOf(cluster)
}

/** @param dump of /config_dump */
export function listenerTable(dump: unknown): Table {
  const found = section(dump, 'Listeners')
  const listeners = [
    ...list(found, 'dynamic_listeners').map(each => at(each, 'active_state', 'listener')),
    ...list(found, 'static_listeners').map(each => at(each, 'listener')),
  ].filter(isRecord)
  const rows = listeners.flatMap(listener => {
    const address = at(listener, 'address', 'socket_address')
    const [host, port] = [text(address, 'address'), text(address, 'port_value')]
    const chains = [...list(listener, 'filter_chains'), at(listener, 'default_filter_chain')].filter(isRecord)
    return chains.map(chain => [host, port, matchOf(chain), destinationOf(chain)])
  })
  return { heads: ['ADDRESSES', 'PORT', 'MATCH', 'DESTINATION'], rows }
}

function matchOf(chain: Record<string, unknown>): string {
  const match = at(chain, 'filter_chain_match')
  const parts = [
    ...(list(match, 'application_protocols').length > 0 ? [`App: ${list(match, 'application_protocols').join(',')}`] : []),
    ...(list(match, 'server_names').length > 0 ? [`SNI: ${list(match, 'server_names').join(',')}`] : []),
    ...(text(match, 'transport_protocol') ? [`Trans: ${text(match, 'transport_protocol')}`] : []),
    ...list(match, 'prefix_ranges').map(range => `Addr: ${text(range, 'address_prefix')}/${text(range, 'prefix_len')}`),
    ...(text(match, 'destination_port') ? [`Port: ${text(match, 'destination_port')}`] : []),
  ]
  return parts.length === 0 ? 'ALL' : parts.join('; ')
}

function destinationOf(chain: Record<string, unknown>): string {
  for (const filter of list(chain, 'filters')) {
    const config = at(filter, 'typed_config')
    const route = text(config, 'rds', 'route_config_name')
    if (route) return `Route: ${route}`
    const cluster = text(config, 'cluster')
    if (cluster) return cluster.includes('|') ? `Cluster: ${cluster}` : cluster
    const hosts = list(config, 'route_config', 'virtual_hosts').flatMap(host => list(host, 'routes'))
    const [first] = hosts.flatMap(route => text(route, 'route', 'cluster') || [])
    if (first) return `Inline Route: ${first}`
    const weighted = list(config, 'weighted_clusters', 'clusters').map(each => text(each, 'name'))
    if (weighted.length > 0) return `Cluster: ${weighted.join(', ')}`
  }
  return 'Non-HTTP/Non-TCP'
}

/** @param dump of /config_dump */
export function routeTable(dump: unknown): Table {
  const found = section(dump, 'Routes')
  const tables = [...list(found, 'dynamic_route_configs'), ...list(found, 'static_route_configs')].map(each =>
    at(each, 'route_config'),
  )
  const rows = tables.flatMap(table =>
    list(table, 'virtual_hosts').flatMap(host =>
      list(host, 'routes').map(route => [
        text(table, 'name'),
        text(host, 'name'),
        domainsOf(host),
        pathOf(route),
        targetOf(route),
        originOf(route),
      ]),
    ),
  )
  return { heads: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'TO', 'ORIGIN'], rows }
}

/** The shortest tells whose it is. */
function domainsOf(host: unknown): string {
  const domains = list(host, 'domains').map(String)
  const [first = '', ...more] = domains.toSorted((a, b) => a.length - b.length)
  return more.length === 0 ? first : `${first}, ${more[0]}${more.length > 1 ? ` + ${more.length - 1} more...` : ''}`
}

function pathOf(route: unknown): string {
  const match = at(route, 'match')
  const prefix = text(match, 'prefix') || text(match, 'path_separated_prefix')
  const headers = list(match, 'headers').map(header => text(header, 'name'))
  const other = isRecord(at(match, 'connect_matcher')) ? 'CONNECT' : 'ALL'
  const path = prefix ? `${prefix}*` : text(match, 'path') || text(match, 'safe_regex', 'regex') || other
  return headers.length === 0 ? path : `${path} [${headers.join(', ')}]`
}

function targetOf(route: unknown): string {
  const action = at(route, 'route')
  const weighted = list(action, 'weighted_clusters', 'clusters').map(each => `${text(each, 'name')} ${text(each, 'weight')}`)
  if (weighted.length > 0) return weighted.join(', ')
  if (isRecord(at(route, 'redirect'))) return 'redirect'
  const direct = text(route, 'direct_response', 'status')
  return text(action, 'cluster') || (direct && `answer ${direct}`) || '-'
}

/** @param clusters of /clusters?format=json */
export function endpointTable(clusters: unknown): Table {
  const rows = list(clusters, 'cluster_statuses').flatMap(cluster =>
    list(cluster, 'host_statuses').map(host => [
      addressOf(at(host, 'address')),
      text(host, 'health_status', 'eds_health_status') || 'HEALTHY',
      at(host, 'health_status', 'failed_outlier_check') === true ? 'FAILED' : 'OK',
      text(cluster, 'name'),
    ]),
  )
  return { heads: ['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], rows: sorted(rows) }
}

function addressOf(address: unknown): string {
  const socket = at(address, 'socket_address')
  return isRecord(socket) ? `${text(socket, 'address')}:${text(socket, 'port_value')}` : `unix://${text(address, 'pipe', 'path')}`
}

/** @param certificates of /certs */
export function secretTable(certificates: unknown, now: number): Table {
  const rows = list(certificates, 'certificates').flatMap(certificate => [
    ...list(certificate, 'cert_chain').map(each => secretRow('Cert Chain', each, now)),
    ...list(certificate, 'ca_cert').map(each => secretRow('CA', each, now)),
  ])
  return { heads: ['IDENTITY', 'TYPE', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE'], rows }
}

function secretRow(type: string, certificate: unknown, now: number): string[] {
  const [from, until] = [text(certificate, 'valid_from'), text(certificate, 'expiration_time')]
  const valid = Date.parse(from) <= now && now < Date.parse(until)
  const names = list(certificate, 'subject_alt_names').flatMap(name => text(name, 'uri') || text(name, 'dns') || [])
  return [names.join(', ') || '-', type, String(valid), text(certificate, 'serial_number'), until, from]
}

function sorted(rows: readonly (readonly string[])[]): (readonly string[])[] {
  return rows.toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))
}
