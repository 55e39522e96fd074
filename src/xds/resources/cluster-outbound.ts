/** Clusters for services: one for each port, and one more for each subset of a traffic rule. */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Origin } from '../../model/origin.ts'
import { type Resolution, type Service, serviceKey } from '../../model/service.ts'
import type { ServiceAccounts } from '../../model/service-accounts.ts'
import type { MergedRule, Subset } from '../../model/traffic-policy.ts'
import { Cluster, Cluster_DiscoveryType, Cluster_LbPolicy } from '../gen/envoy/config/cluster/v3/cluster.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { balancing } from './balancer.ts'
import { circuitBreakers, connectionOptions } from './circuit-breakers.ts'
import { type ClusterInputs, clusterInputs, discoveryOf } from './cluster-inputs.ts'
import { dynamicForwardProxy } from './cluster-special.ts'
import type { Encoder } from './encoded.ts'
import type { MeshEndpoints } from './endpoints.ts'
import { healthChecks } from './health-checks.ts'
import { isWeighted, loadAssignment } from './load-assignment.ts'
import { lookupFamily } from './lookup-family.ts'
import { outboundCluster } from './names.ts'
import { originMetadata } from './origin-metadata.ts'
import { outlierDetection } from './outlier-detection.ts'
import { sharesConnections } from './shared-connections.ts'
import { outboundStatName } from './stat-name.ts'
import { upstreamHttp } from './upstream-http.ts'
import { introducing } from './upstream-proxy-protocol.ts'
import { clusterTls, takesNameFromRequest } from './upstream-tls.ts'
import { duration, FROM_ADS } from './values.ts'
import { ruleFor, type View } from './view.ts'

/** Of one service and its ports and subsets. */
const memo = new IdentityMemo<readonly EncodedResource[]>()

export function outboundClusters(
  view: View,
  endpoints: MeshEndpoints,
  accounts: ServiceAccounts,
  encoder: Encoder,
): EncodedResource[] {
  return view.scope.services.flatMap(service => {
    // Only DNS clusters contain their endpoints; for the others they are a resource of their own.
    const contained = isDns(service.resolution) ? endpoints.get(serviceKey(service)) : undefined
    const rule = ruleFor(view, service)
    const own = view.identity ? (accounts.get(serviceKey(service)) ?? []) : []
    const inputs = [encoder, service, rule, contained, view.settings, view.peerPolicies, view.traits, own.join()]
    return memo.get(inputs, () =>
      clusterInputs(view, service, rule, contained, own).flatMap(inputs => {
        const message = clusterOf(inputs)
        return message ? [encoder.encode(Cluster, message.name, message)] : []
      }),
    )
  })
}

function isDns(resolution: Resolution): boolean {
  return resolution === 'dns' || resolution === 'dns-round-robin' || resolution === 'original'
}

/** undefined: there is nothing to connect to. */
export function clusterOf(inputs: ClusterInputs): Cluster | undefined {
  const { view, service, port, subset, policy, rule } = inputs
  const { settings } = view
  const name = outboundCluster(port.number, subset?.name ?? '', service.hostname)
  const how = discovery(inputs, name)
  if (!how) return undefined
  const pool = policy?.pool
  const automaticServerName = takesNameFromRequest(policy?.tls)
  return Cluster.fromPartial({
    name,
    perConnectionBufferLimitBytes: bufferLimit(view),
    altStatName: `${outboundStatName(settings, service, port, subset?.name) ?? name};`,
    connectTimeout: duration(pool?.connectTimeoutMs ?? settings.connectTimeoutMs),
    circuitBreakers: circuitBreakers(pool, policy?.retryBudget),
    outlierDetection: policy?.outliers && outlierDetection(policy.outliers),
    healthChecks: healthChecks(policy?.health),
    ...how,
    commonLbConfig: commonBalancing(inputs),
    typedExtensionProtocolOptions: upstreamHttp({
      protocol: port.protocol,
      followsClient: view.kind !== 'gateway',
      pool,
      upgradeToHttp2: settings.upgradeToHttp2,
      automaticServerName,
    }),
    ...introducing(clusterTls(inputs), policy?.proxyProtocol),
    upstreamConnectionOptions: connectionOptions(pool?.keepalive, settings.keepalive),
    metadata: originMetadata(
      originOf(service, subset, rule),
      {
        ...(subset ? { subset: subset.name } : {}),
        services: [{ host: service.hostname, name: service.name, namespace: service.namespace }],
      },
      sharesConnections(inputs) ? { shared: true } : {},
    ),
  })
}

/** Of the proxy's own settings; with the profile EDGE gateways have a small one. */
function bufferLimit({ settings, kind }: View): number | undefined {
  const { clusterBuffer, edge } = settings.proxyDefaults.connections ?? {}
  return clusterBuffer ?? (edge && kind === 'gateway' ? EDGE_BUFFER : undefined)
}

const EDGE_BUFFER = 32768

function originOf(service: Service, subset: Subset | undefined, rule: MergedRule | undefined): Origin {
  return subset?.origin ?? rule?.origin ?? service.origin
}

function discovery(inputs: ClusterInputs, name: string): Partial<Cluster> | undefined {
  const { view, policy } = inputs
  const { settings } = view
  const resolution = discoveryOf(inputs)
  switch (resolution) {
    case 'endpoints':
      return {
        ...type(Cluster_DiscoveryType.EDS),
        edsClusterConfig: { edsConfig: FROM_ADS, serviceName: name },
        ...balancing(policy?.balancer),
      }
    case 'dns':
    case 'dns-round-robin': {
      const assignment = loadAssignment(inputs, name)
      if (assignment.endpoints.length === 0) return undefined // Envoy refuses a DNS cluster without a name
      return {
        ...type(resolution === 'dns' ? Cluster_DiscoveryType.STRICT_DNS : Cluster_DiscoveryType.LOGICAL_DNS),
        ...balancing(policy?.balancer),
        dnsRefreshRate: duration(settings.dnsRefreshMs),
        respectDnsTtl: true,
        dnsLookupFamily: lookupFamily(view),
        loadAssignment: assignment,
      }
    }
    case 'original':
      return { ...type(Cluster_DiscoveryType.ORIGINAL_DST), lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED }
    case 'dynamic-dns':
      return dynamicForwardProxy(lookupFamily(view))
  }
}

function type(value: Cluster_DiscoveryType): Pick<Cluster, 'clusterDiscoveryType'> {
  return { clusterDiscoveryType: { $case: 'type', value } }
}

function commonBalancing(inputs: ClusterInputs): Cluster['commonLbConfig'] {
  const { outliers, health } = inputs.policy ?? {}
  const weighted = isWeighted(inputs)
  const panicPercent = health?.panicPercent ?? outliers?.minHealthPercent
  if (panicPercent === undefined && !weighted) return undefined
  return Cluster.fromPartial({
    commonLbConfig: {
      healthyPanicThreshold: panicPercent === undefined ? undefined : { value: panicPercent },
      localityConfigSpecifier: weighted ? { $case: 'localityWeightedLbConfig', value: {} } : undefined,
    },
  }).commonLbConfig
}
