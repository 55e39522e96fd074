/** Routes of HTTPProxy, GRPCProxy and VirtualGateway as rules. */
import type { Backend, HttpRoute } from '../../api/mizzen/route.ts'
import type { ObjectHead, Path } from '../../api/object.ts'
import {
  type Forward,
  type HttpDestination,
  type HttpMatch,
  type HttpRule,
  NO_HEADER_CHANGES,
  type Redirect,
  type RetryPolicy,
} from '../../model/http-rule.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { milliseconds } from '../duration.ts'
import { headerChanges } from '../http-rule.ts'
import { originOf } from '../origin.ts'
import { hostOf } from './layer.ts'

/** What holds for routes that say nothing else. */
export interface RouteDefaults {
  /** Where requests go without `to`; undefined: nowhere. */
  readonly destination: HttpDestination | undefined
  readonly timeoutMs: number
  readonly retry: RetryPolicy | undefined
  readonly settings: MeshSettings
}

type CommonRoute = Pick<HttpRoute, 'name' | 'to' | 'headers' | 'mirror' | 'timeout' | 'rewrite' | 'redirect' | 'respond'>

/** @param retry the route's own; undefined: the default */
export function compileRoute(
  object: ObjectHead,
  route: CommonRoute,
  matches: readonly HttpMatch[],
  retry: RetryPolicy | undefined,
  defaults: RouteDefaults,
  path: Path,
): HttpRule {
  return {
    name: route.name ?? '',
    matches,
    action: action(object.namespace, route, retry, defaults),
    headers: headerChanges(route.headers),
    fault: undefined,
    cors: undefined,
    origin: originOf(object, path),
  }
}

/** The rule of an object without routes: everything goes to its host. */
export function defaultRule(object: ObjectHead, defaults: RouteDefaults): HttpRule {
  return compileRoute(object, {}, [], undefined, defaults, ['spec'])
}

function action(
  namespace: string,
  { to, mirror, timeout, rewrite, redirect, respond }: CommonRoute,
  retry: RetryPolicy | undefined,
  defaults: RouteDefaults,
): HttpRule['action'] {
  if (redirect) return redirection(redirect)
  if (respond)
    return {
      kind: 'direct-response',
      status: respond.status,
      body: respond.body === undefined ? undefined : Buffer.from(respond.body),
    }
  const { settings, destination } = defaults
  const forward: Forward = {
    kind: 'forward',
    destinations: to ? to.map(backend => backendOf(backend, namespace, defaults)) : destination ? [destination] : [],
    rewrite: rewrite && { uri: rewrite.path ?? '', regex: undefined, authority: rewrite.host ?? '' },
    mirrors: mirror
      ? [
          {
            destination: { host: hostOf(mirror.host, namespace, settings), subset: mirror.subset ?? '', port: mirror.port },
            percent: mirror.percent ?? 100,
          },
        ]
      : [],
    timeoutMs: milliseconds(timeout) ?? defaults.timeoutMs,
    retry: retry ?? defaults.retry,
  }
  return forward
}

function backendOf(
  { host, subset, port, weight }: Backend,
  namespace: string,
  { destination, settings }: RouteDefaults,
): HttpDestination {
  return {
    host: host === undefined ? (destination?.host ?? '') : hostOf(host, namespace, settings),
    subset: subset ?? '',
    port: port ?? (host === undefined ? destination?.port : undefined),
    weight: weight ?? 1,
    headers: NO_HEADER_CHANGES,
  }
}

function redirection({ scheme, host, port, path, status }: NonNullable<HttpRoute['redirect']>): Redirect {
  return {
    kind: 'redirect',
    status: status ?? 301,
    path: path === undefined ? undefined : { kind: 'whole', value: path },
    authority: host ?? '',
    scheme: scheme ?? '',
    port: port ?? (scheme === undefined ? undefined : 'default'),
  }
}
