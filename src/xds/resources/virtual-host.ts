/**
 * Virtual hosts: the routes of one host name, encoded once and shared by all route tables that contain the same. A route table is put
 * together from encoded virtual hosts, so that a changed rule costs one virtual host and not a table of thousands.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { RouteSet } from '../../model/route-set.ts'
import type { Service } from '../../model/service.ts'
import { RouteConfiguration } from '../gen/envoy/config/route/v3/route.ts'
import { Route, VirtualHost } from '../gen/envoy/config/route/v3/route_components.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { hashOf, policyOf } from './destination.ts'
import { concatenated, type Encoder, repeatedField } from './encoded.ts'
import { hashPolicy } from './hash.ts'
import { timeouts } from './http-route.ts'
import { outboundCluster } from './names.ts'
import { originWithLine } from './origin-metadata.ts'
import { retryPolicy } from './retry.ts'
import { EVERY_REQUEST } from './route-match.ts'
import { ruleFor, type View } from './view.ts'

/** Envoy refuses a domain that two virtual hosts of one table have, so these stay readable beside the bytes. */
export interface EncodedHost {
  readonly domains: readonly string[]
  readonly bytes: Uint8Array
}

const MAX_DIRECT_RESPONSE_BYTES = 1024 * 1024

export function encodeHost(host: Pick<VirtualHost, 'name' | 'domains' | 'routes'> & Partial<VirtualHost>): EncodedHost {
  const message = VirtualHost.fromPartial({ includeRequestAttemptCount: true, ...host })
  return { domains: host.domains, bytes: VirtualHost.encode(message).finish() }
}

const memo = new IdentityMemo<EncodedHost>()

/**
 * The virtual host of one service port, made again only when something it is made of changed.
 *
 * @param set rules for it; undefined: the default route
 * @param make is given the domains that no virtual host before it in the table has
 */
export function rememberedHost(
  view: View,
  service: Service | undefined,
  set: RouteSet | undefined,
  rest: readonly (string | number)[],
  make: () => EncodedHost,
): EncodedHost {
  const inputs = set ? destinationInputs(view, set) : service ? [ruleFor(view, service)] : []
  return memo.get([view.mesh.settings, set, service, ...inputs, view.namespace, view.traits, ...rest], make)
}

/** What a set's routes depend on beside the set: the services it leads to, and the rules for them. */
export function destinationInputs(view: View, set: RouteSet): unknown[] {
  return destinationHosts(set).flatMap(host => {
    const target = view.scope.byHost.get(host)
    return [target, target && ruleFor(view, target)]
  })
}

function destinationHosts(set: RouteSet): string[] {
  const hosts = new Set<string>()
  for (const rule of set.http) {
    if (rule.action.kind !== 'forward') continue
    for (const destination of rule.action.destinations) hosts.add(destination.host)
    for (const mirror of rule.action.mirrors) hosts.add(mirror.destination.host)
  }
  for (const rule of set.tcp) for (const destination of rule.destinations) hosts.add(destination.host)
  return [...hosts]
}

/** The route of a service that no rule speaks of. */
export function defaultRoute(view: View, service: Service, port: number): Route {
  const hash = hashOf(policyOf(ruleFor(view, service), port, ''))
  return Route.fromPartial({
    name: 'default',
    match: EVERY_REQUEST,
    metadata: originWithLine(service.origin),
    decorator: { operation: `${service.hostname}:${port}/*` },
    action: {
      $case: 'route',
      value: {
        clusterSpecifier: { $case: 'cluster', value: outboundCluster(port, '', service.hostname) },
        ...timeouts(view, 0),
        retryPolicy: retryPolicy(view.mesh.settings.defaultRetry, hash !== undefined),
        hashPolicy: hash ? [hashPolicy(hash.key)] : [],
      },
    },
  })
}

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
