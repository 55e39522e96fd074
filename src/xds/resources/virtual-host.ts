/**
 * Virtual hosts: the routes of one host name, encoded once and shared by all route tables that contain the same. A route table is put
 * together from encoded virtual hosts, so that a changed rule costs one virtual host and not a table of thousands.
 */
import { IdentityMemo, remembering } from '../../lib/identity-memo.ts'
import { NO_HEADER_CHANGES } from '../../model/http-rule.ts'
import { MESH, type RouteSet } from '../../model/route-set.ts'
import type { Service } from '../../model/service.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { Route, VirtualHost } from '../gen/envoy/config/route/v3/route_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { virtualHostName } from '../wire/virtual-host-name.ts'
import { hashOf, policyOf } from './destination.ts'
import { concatenated, type Encoder, repeatedField } from './encoded.ts'
import { hashPolicy } from './hash.ts'
import { forwardTo, timeouts } from './http-route.ts'
import { outboundCluster } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { routeRetry } from './retry.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { ruleFor, type View } from './view.ts'

/** Envoy refuses a domain that two virtual hosts of one table have, so these stay readable beside the bytes. */
export interface EncodedHost {
  readonly name: string
  readonly domains: readonly string[]
  readonly bytes: Uint8Array
}

const MAX_DIRECT_RESPONSE_BYTES = 1024 * 1024

export function encodeHost(host: Pick<VirtualHost, 'name' | 'domains' | 'routes'> & Partial<VirtualHost>): EncodedHost {
  const message = VirtualHost.fromPartial({ includeRequestAttemptCount: true, ...host })
  return { name: host.name, domains: host.domains, bytes: VirtualHost.encode(message).finish() }
}

const memo = new IdentityMemo<EncodedHost | undefined>()

/** What a virtual host is made of. */
export interface HostInputs {
  readonly view: View
  /** undefined: a name that only rules know. */
  readonly service: Service | undefined
  /** undefined: the default route. */
  readonly set: RouteSet | undefined
  /** The same array for the same domains, where that can be had: it is compared by identity. */
  readonly domains: readonly string[]
  readonly port: number
  /** What else makes a difference. */
  readonly variant?: string
}

/** The virtual host of `inputs`, made again only when something it is made of changed. Clients for whom it is the same share it. */
export function rememberedHost(inputs: HostInputs, make: () => EncodedHost | undefined): EncodedHost | undefined {
  const { view, service, set, domains, port, variant } = inputs
  const others = set ? destinationInputs(view, set) : service ? hostInputs(view, service) : []
  return memo.get([service, set, domains, view.settings, ...others, port, variant, view.kind, set && clientKey(view, set)], make)
}

/** What a set's routes depend on beside the set: the services it leads to, and the rules for them. */
export function destinationInputs(view: View, set: RouteSet): unknown[] {
  const inputs: unknown[] = []
  for (const host of destinationHosts(set)) inputs.push(...hostInputs(view, view.scope.byHost.get(host)))
  return inputs
}

/** A service, its rule, and those of the services that share its requests. */
function hostInputs(view: View, service: Service | undefined): unknown[] {
  const rule = service && ruleFor(view, service)
  const others = (rule?.split?.destinations ?? []).flatMap(({ host }) => {
    const target = host === service?.hostname ? undefined : view.scope.byHost.get(host)
    return target ? [target, ruleFor(view, target)] : []
  })
  return [service, rule, ...others]
}

/** What of the client the set's rules ask for. */
export function clientKey(view: View, set: RouteSet): string {
  const { namespace, labels } = clientConditions(set)
  if (!namespace && labels.size === 0) return ''
  return [namespace ? view.namespace : '', ...[...labels].map(key => `${key}=${view.labels[key] ?? ''}`)].join(';')
}

const clientConditions = remembering((set: RouteSet) => {
  const matches = set.http.flatMap(rule => rule.matches)
  return {
    namespace: matches.some(match => match.client.namespace !== ''),
    labels: new Set(matches.flatMap(match => Object.keys(match.client.labels))),
  }
})

const destinationHosts = remembering((set: RouteSet): readonly string[] => {
  const hosts = new Set<string>()
  for (const rule of set.http) {
    if (rule.action.kind !== 'forward') continue
    for (const destination of rule.action.destinations) hosts.add(destination.host)
    for (const mirror of rule.action.mirrors) hosts.add(mirror.destination.host)
  }
  return [...hosts]
})

/** The route of a service that no rule speaks of. */
export function defaultRoute(view: View, service: Service, port: number): Route {
  const rule = ruleFor(view, service)
  const hash = hashOf(policyOf(rule, port, ''))
  const { split, retries } = rule ?? {}
  const changed = split || retries?.length ? layeredRoute(view, service, port) : undefined
  return Route.fromPartial({
    name: 'default',
    match: EVERY_REQUEST,
    metadata: originWithLine(service.origin),
    decorator: { operation: `${service.hostname}:${port}/*` },
    action: changed ?? {
      $case: 'route',
      value: {
        clusterSpecifier: { $case: 'cluster', value: outboundCluster(port, '', service.hostname) },
        ...timeouts(view, 0),
        retryPolicy: routeRetry(view, undefined, hash !== undefined),
        hashPolicy: hash ? [hashPolicy(hash.key)] : [],
      },
    },
  })
}

/** The default route, where a rule for the service says something of its routes. */
function layeredRoute(view: View, service: Service, port: number): Route['action'] {
  const destination = { host: service.hostname, subset: '', port, weight: 1, headers: NO_HEADER_CHANGES }
  const action = {
    kind: 'forward',
    destinations: [destination],
    rewrite: undefined,
    mirrors: [],
    timeoutMs: 0,
    retry: undefined,
  } as const
  const rest = { name: '', matches: [], headers: NO_HEADER_CHANGES, fault: undefined, cors: undefined, origin: service.origin }
  return { $case: 'route', value: forwardTo(view, { ...rest, action }, { attachment: MESH, port }) }
}

/** A virtual host as a resource of its own. Its name is the resource's, by which Envoy removes it: a field that comes twice has its last value. */
export function hostResource(encoder: Encoder, table: string, host: EncodedHost): EncodedResource {
  const known = hostResources.get(host)
  if (known?.encoder === encoder && known.table === table) return known.resource
  const name = virtualHostName(table, host.name)
  const resource = encoder.fromBytes(
    name,
    concatenated(host.bytes, VirtualHost.encode(VirtualHost.fromPartial({ name })).finish()),
  )
  hostResources.set(host, { encoder, table, resource })
  return resource
}

/** The last of each host, which mostly stands in one table: asked for ten thousand hosts at once, so it has to be quick. */
const hostResources = new WeakMap<EncodedHost, { encoder: Encoder; table: string; resource: EncodedResource }>()

/** One table. Domains must be distinct between its hosts. */
export function routeTable(
  encoder: Encoder,
  name: string,
  hosts: readonly EncodedHost[],
  options: Partial<RouteConfiguration> = {},
): EncodedResource {
  const around = RouteConfiguration.fromPartial({
    name,
    validateClusters: false,
    maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BYTES,
    ...options,
  })
  const elements = repeatedField(
    VIRTUAL_HOSTS_FIELD,
    hosts.map(host => host.bytes),
  )
  return encoder.fromBytes(name, concatenated(RouteConfiguration.encode(around).finish(), elements))
}

/** RouteConfiguration.virtual_hosts */
const VIRTUAL_HOSTS_FIELD = 2
