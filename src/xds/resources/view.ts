/**
 * What a proxy sees of the mesh, as far as its outbound side goes. Proxies that see the same share one view, and with it all that is
 * made from it: the view holds only what makes a difference.
 */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import type { ClientMatch } from '../../model/http-rule.ts'
import { hasLabels, type Labels, labelsKey } from '../../model/labels.ts'
import { type Locality, localityKey } from '../../model/locality.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import { type Scope, scopeOf } from '../../model/scope.ts'
import type { Service } from '../../model/service.ts'
import type { MergedRule } from '../../model/traffic-policy.ts'
import { trafficRuleFor } from '../../model/traffic-rule-lookup.ts'

/** How the proxy learns where a connection was meant to go: by redirection, or because it is an address of the proxy's own. */
export type CaptureKind = 'redirect' | 'ports'

export interface View {
  readonly mesh: Mesh
  readonly scope: Scope
  readonly kind: MeshProxy['kind']
  readonly capture: CaptureKind
  readonly namespace: string
  /** Only those that some rule asks for. */
  readonly labels: Labels
  readonly locality: Locality
  readonly node: string
  /** Address families the proxy has. */
  readonly family: 'v4' | 'v6' | 'both'
  /** Everything here but mesh and scope, as one text: equal for views that differ in nothing else. */
  readonly traits: string
}

export function viewOf(mesh: Mesh, proxy: MeshProxy): View {
  const labels = Object.fromEntries(Object.entries(proxy.labels).filter(([key]) => labelsThatMatter(mesh).has(key)))
  const family = familyOf(proxy.addresses)
  const node = nodeMatters(mesh.services) ? proxy.node : ''
  const capture = proxy.capture.kind
  const traits = [proxy.kind, capture, labelsKey(labels), localityKey(proxy.locality), family, node].join(';')
  const scope = scopeOf(mesh, proxy)
  return views.get([scope, proxy.namespace, traits], () => {
    const { kind, namespace, locality } = proxy
    return { mesh, scope, kind, capture, namespace, labels, locality, node, family, traits }
  })
}

const views = new IdentityMemo<View>()

const labelsThatMatter = remembering((mesh: Mesh): ReadonlySet<string> => {
  const keys = new Set<string>()
  const add = (labels: Labels | undefined) => {
    for (const key in labels) keys.add(key)
  }
  for (const set of mesh.routes) {
    for (const rule of [...set.http, ...set.tls, ...set.tcp]) for (const match of rule.matches) add(match.client.labels)
  }
  for (const rule of mesh.trafficRules) {
    add(rule.clients)
    const policies = [rule.policy, ...rule.subsets.map(subset => subset.policy)]
    for (const policy of policies) {
      for (const blocks of policy ? [policy, ...policy.ports.values()] : []) {
        for (const text of blocks.balancer?.locality?.failoverPriority ?? []) keys.add(text.split('=', 1)[0] ?? '')
      }
    }
  }
  for (const text of mesh.settings.locality?.failoverPriority ?? []) keys.add(text.split('=', 1)[0] ?? '')
  return keys
})

const nodeMatters = remembering((services: readonly Service[]) =>
  services.some(service => service.trafficDistribution === 'PreferSameNode'),
)

function familyOf(addresses: readonly string[]): View['family'] {
  const v6 = addresses.some(address => address.includes(':'))
  if (!v6) return 'v4'
  return addresses.some(address => !address.includes(':')) ? 'both' : 'v6'
}

export function ruleFor(view: View, service: { readonly hostname: string; readonly namespace: string }): MergedRule | undefined {
  return trafficRuleFor(view.mesh, view, service)
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
