/**
 * What a proxy sees of the mesh, as far as its outbound side goes. Proxies that see the same share one view, and with it all that is
 * made from it: the view holds only what makes a difference.
 */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import { gatewaysOf } from '../../model/gateway-ports.ts'
import type { ClientMatch } from '../../model/http-rule.ts'
import { hasLabels, type Labels, labelsKey } from '../../model/labels.ts'
import { type Locality, localityKey } from '../../model/locality.ts'
import type { Mesh } from '../../model/mesh.ts'
import { networkOf } from '../../model/network.ts'
import type { PeerPolicy } from '../../model/peer-policy.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { RouteSet } from '../../model/route-set.ts'
import { type Scope, scopeOf } from '../../model/scope.ts'
import type { Service } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { MergedRule, TrafficRule } from '../../model/traffic-policy.ts'
import { trafficRuleFor } from '../../model/traffic-rule-lookup.ts'
import type { Forward } from '../../model/workload.ts'

/** How the proxy learns where a connection was meant to go: by redirection, or because it is an address of the proxy's own. */
export type CaptureKind = 'redirect' | 'ports'

export interface View {
  readonly settings: MeshSettings
  /** All of the mesh: what a gateway may use of them depends on where they are attached. */
  readonly routes: readonly RouteSet[]
  readonly trafficRules: readonly TrafficRule[]
  readonly peerPolicies: readonly PeerPolicy[]
  /** What ruleFor() found; null: nothing. Shared by all views for which it is the same. */
  readonly rules: WeakMap<object, MergedRule | null>
  readonly scope: Scope
  readonly kind: MeshProxy['kind']
  readonly capture: CaptureKind
  /** Services ("host:port") that the proxy has a port for beside its HTTP proxy. */
  readonly forwarded: ReadonlySet<string>
  readonly namespace: string
  /** Only those that some rule asks for. */
  readonly labels: Labels
  readonly locality: Locality
  readonly node: string
  /** "" where the mesh has one network. */
  readonly network: string
  /** What a gateway shows to backends: the name of a secret; "": nothing. */
  readonly backendCredential: string
  /** See MeshProxy.identity. */
  readonly identity: boolean
  /** Address families the proxy has. */
  readonly family: 'v4' | 'v6' | 'both'
  /** What makes a difference to clusters and endpoints, as one text. */
  readonly traits: string
  /** Tells this group of proxies from others, also when the mesh has changed. */
  readonly key: string
}

export function viewOf(mesh: Mesh, proxy: MeshProxy): View {
  const { settings, routes, trafficRules, peerPolicies } = mesh
  const matter = labelsThatMatter.get([routes, trafficRules, settings], () => labelKeys(mesh))
  const labels = matter.size === 0 ? {} : Object.fromEntries(Object.entries(proxy.labels).filter(([key]) => matter.has(key)))
  const family = familyOf(proxy.addresses)
  const node = nodeMatters(mesh.services) ? proxy.node : ''
  const network = networkFor(settings, proxy)
  const { kind, namespace, locality, identity } = proxy
  const capture = proxy.capture.kind
  const forwards = proxy.capture.kind === 'ports' ? proxy.capture.forwards.map(forwardKey).sort() : []
  const shown = kind === 'gateway' ? gatewaysOf(mesh, proxy).find(gateway => gateway.backendCredential) : undefined
  const backendCredential = shown?.backendCredential ?? ''
  const traits = [
    kind,
    capture,
    labelsKey(labels),
    localityKey(locality),
    family,
    node,
    network,
    forwards.join(),
    identity,
    backendCredential,
  ].join(';')
  const scope = scopeOf(mesh, proxy)
  return views.get([scope, trafficRules, routes, peerPolicies, namespace, traits], () => {
    const key = [namespace, scope.sidecar?.namespace ?? '', scope.sidecar?.name ?? '', traits].join(';')
    const rules = ruleCaches.get([trafficRules, settings, namespace, labelsKey(labels)], () => new WeakMap())
    const forwarded = new Set(forwards)
    return {
      settings,
      routes,
      trafficRules,
      peerPolicies,
      rules,
      scope,
      kind,
      capture,
      forwarded,
      namespace,
      labels,
      locality,
      node,
      network,
      backendCredential,
      identity,
      family,
      traits,
      key,
    }
  })
}

export function forwardKey({ host, port }: Pick<Forward, 'host' | 'port'>): string {
  return `${host}:${port}`
}

const views = new IdentityMemo<View>()
const ruleCaches = new IdentityMemo<View['rules']>()
const labelsThatMatter = new IdentityMemo<ReadonlySet<string>>()

/** Keys of the labels that some rule asks a client for. */
function labelKeys(mesh: Mesh): ReadonlySet<string> {
  const keys = new Set(ruleLabels.get([mesh.trafficRules, mesh.settings], () => trafficLabels(mesh)))
  for (const set of mesh.routes) for (const key of clientLabelsOf(set)) keys.add(key)
  return keys
}

const ruleLabels = new IdentityMemo<ReadonlySet<string>>()

function trafficLabels({ trafficRules, settings }: Mesh): ReadonlySet<string> {
  const keys = new Set<string>()
  const addPriorities = (texts: readonly string[] | undefined) => {
    for (const text of texts ?? []) keys.add(text.split('=', 1)[0] ?? '')
  }
  for (const rule of trafficRules) {
    for (const key in rule.clients) keys.add(key)
    for (const { policy } of [rule, ...rule.subsets]) {
      for (const blocks of policy ? [policy, ...policy.ports.values()] : [])
        addPriorities(blocks.balancer?.locality?.failoverPriority)
    }
  }
  addPriorities(settings.locality?.failoverPriority)
  return keys
}

/** Of two thousand route sets mostly one changes. */
const clientLabelsOf = remembering((set: RouteSet): readonly string[] => {
  const matches = [set.http, set.tls, set.tcp].flatMap(rules =>
    rules.flatMap((rule): readonly { client: ClientMatch }[] => rule.matches),
  )
  return [...new Set(matches.flatMap(({ client }) => Object.keys(client.labels)))]
})

const nodeMatters = remembering((services: readonly Service[]) =>
  services.some(service => service.trafficDistribution === 'PreferSameNode'),
)

function networkFor({ networks }: MeshSettings, { network, addresses: [address = ''] }: MeshProxy): string {
  return networks.gateways.length === 0 ? '' : networkOf(networks, { network, address, local: true })
}

function familyOf(addresses: readonly string[]): View['family'] {
  const v6 = addresses.some(address => address.includes(':'))
  if (!v6) return 'v4'
  return addresses.some(address => !address.includes(':')) ? 'both' : 'v6'
}

export function ruleFor(view: View, service: { readonly hostname: string; readonly namespace: string }): MergedRule | undefined {
  let rule = view.rules.get(service)
  if (rule === undefined) {
    rule = trafficRuleFor(view, view, service) ?? null
    view.rules.set(service, rule)
  }
  return rule ?? undefined
}

/** The place rules are used for: the sidecars of the mesh, or a gateway; and the port it listens on. */
export interface Place {
  /** MESH, or "namespace/name" of a gateway. */
  readonly attachment: string
  readonly port: number
}

/** Whether a rule's conditions on the client hold here. A rule with attachments of its own asks nothing else of an HTTP client. */
export function appliesToHttp(view: View, client: ClientMatch, place: Place): boolean {
  if (client.port !== undefined && client.port !== place.port) return false
  if (client.attachments.length > 0) return client.attachments.includes(place.attachment)
  return isClient(view, client)
}

export function appliesToTcp(view: View, client: ClientMatch, place: Place): boolean {
  if (client.port !== undefined && client.port !== place.port) return false
  if (client.attachments.length > 0 && !client.attachments.includes(place.attachment)) return false
  return isClient(view, client)
}

function isClient(view: View, client: ClientMatch): boolean {
  return (client.namespace === '' || client.namespace === view.namespace) && hasLabels(view.labels, client.labels)
}
