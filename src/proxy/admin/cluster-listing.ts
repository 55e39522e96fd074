/** GET /clusters: what is known of each host. */
import { HealthStatus } from '../../xds/gen/envoy/config/core/v3/health_check.ts'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import type { ClusterRecord } from '../cluster/cluster-record.ts'
import type { ClusterSet } from '../cluster/cluster-set.ts'
import { isUsable } from '../cluster/endpoint.ts'
import type { Listing } from './view.ts'

const GAUGES: ReadonlySet<string> = new Set(['cx_active', 'rq_active', 'rq_pending_active'])

export class ClusterListing implements Listing {
  readonly #clusters: ClusterSet

  constructor(clusters: ClusterSet) {
    this.#clusters = clusters
  }

  text(): string {
    let lines = ''
    for (const record of this.#clusters.records) {
      const { name, active } = record
      const line = (key: string, value: string | number | boolean) => {
        lines += `${name}::${key}::${value}\n`
      }
      line('observability_name', name)
      for (const priority of ['default', 'high'] as const) {
        const limits = active?.breakers[priority].limits
        if (limits === undefined) continue
        line(`${priority}_priority::max_connections`, limits.maxConnections)
        line(`${priority}_priority::max_pending_requests`, limits.maxPendingRequests)
        line(`${priority}_priority::max_requests`, limits.maxRequests)
        line(`${priority}_priority::max_retries`, limits.maxRetries)
      }
      line('added_via_api', record.addedViaApi)
      for (const host of active?.hosts ?? []) {
        for (const [stat, value] of Object.entries(host.stats)) line(`${host.address}::${stat}`, value)
        line(`${host.address}::hostname`, host.hostname)
        line(`${host.address}::health_flags`, healthFlags(host))
        line(`${host.address}::weight`, host.weight)
        line(`${host.address}::region`, host.localityParts.region)
        line(`${host.address}::zone`, host.localityParts.zone)
        line(`${host.address}::sub_zone`, host.localityParts.subZone)
        line(`${host.address}::priority`, host.priority)
      }
    }
    return lines
  }

  json(): unknown {
    return { cluster_statuses: this.#clusters.records.map(clusterStatus) }
  }
}

function clusterStatus(record: ClusterRecord): unknown {
  const discovery = record.active?.settings.discovery
  return {
    name: record.name,
    added_via_api: record.addedViaApi,
    host_statuses: (record.active?.hosts ?? []).map(hostStatus),
    observability_name: record.name,
    ...(discovery?.kind === 'eds' && { eds_service_name: discovery.service }),
  }
}

function hostStatus(host: ClusterHost): unknown {
  return {
    address:
      'path' in host.target
        ? { pipe: { path: host.address } }
        : { socket_address: { address: host.ip || host.hostname, port_value: host.port } },
    stats: Object.entries(host.stats).map(([name, value]) => ({
      name,
      value: String(value),
      ...(GAUGES.has(name) && { type: 'GAUGE' }),
    })),
    health_status: {
      eds_health_status: HEALTH[host.health] ?? 'UNKNOWN',
      ...(host.failedCheck && { failed_active_health_check: true }),
      ...(host.ejected && { failed_outlier_check: true }),
      ...(host.degradedCheck && { failed_active_degraded_check: true }),
      ...(host.leaving && { pending_dynamic_removal: true }),
      ...(host.unknownCheck && { pending_active_hc: true }),
      ...(host.checkTimedOut && { active_hc_timeout: true }),
    },
    weight: host.weight,
    hostname: host.hostname,
    priority: host.priority,
    locality: { region: host.localityParts.region, zone: host.localityParts.zone, sub_zone: host.localityParts.subZone },
  }
}

/** envoy.config.core.v3.HealthStatus; unknown counts as healthy, and is shown so, as in Envoy. */
const HEALTH = ['HEALTHY', 'HEALTHY', 'UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED']

function healthFlags(host: ClusterHost): string {
  const flags =
    (host.failedCheck ? '/failed_active_hc' : '') +
    (host.ejected ? '/failed_outlier_check' : '') +
    (isUsable(host.health) ? '' : '/failed_eds_health') +
    (host.degradedCheck ? '/degraded_active_hc' : '') +
    (host.health === HealthStatus.DEGRADED ? '/degraded_eds_health' : '') +
    (host.leaving ? '/pending_dynamic_removal' : '') +
    (host.unknownCheck ? '/pending_active_hc' : '') +
    (host.checkTimedOut ? '/active_hc_timeout' : '')
  return flags || 'healthy'
}
