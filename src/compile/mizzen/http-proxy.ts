/** HTTPProxy and GRPCProxy: one document that becomes routes, a circuit breaker and limits. */
import type { HTTPProxySpec } from '../../api/mizzen/httpproxy/schema.ts'
import type { ObjectHead } from '../../api/object.ts'
import type { GRPCProxy, HTTPProxy } from '../../api/registry.ts'
import { type HttpRule, NO_HEADER_CHANGES } from '../../model/http-rule.ts'
import { MESH, type RouteSet } from '../../model/route-set.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { visibility } from '../../model/visibility.ts'
import { milliseconds } from '../duration.ts'
import { gatewayName } from '../gateway-name.ts'
import { originOf } from '../origin.ts'
import { breakerPolicy } from './circuit-breaker.ts'
import { hostOf, layerRule } from './layer.ts'
import { grpcMatch, requestMatch } from './match.ts'
import { type Parts, parts } from './parts.ts'
import { rateLimit } from './rate-limit.ts'
import { GRPC, HTTP, retryPolicy } from './retry.ts'
import { compileRoute, defaultRule, type RouteDefaults } from './route.ts'

export function compileHttpProxy(object: HTTPProxy, settings: MeshSettings): Parts {
  const { spec } = object
  const defaults = defaultsOf(object, spec, settings, HTTP)
  const rules = (spec.routes ?? []).map((route, index) => {
    const retry = route.retry && retryPolicy(route.retry, HTTP)
    return compileRoute(object, route, (route.match ?? []).map(requestMatch), retry, defaults, ['spec', 'routes', index])
  })
  return proxyParts(object, spec, rules.length > 0 ? rules : [defaultRule(object, defaults)], settings)
}

export function compileGrpcProxy(object: GRPCProxy, settings: MeshSettings): Parts {
  const { spec } = object
  const defaults = defaultsOf(object, spec, settings, GRPC)
  const rules = (spec.routes ?? []).map((route, index) => {
    const retry = route.retry && retryPolicy(route.retry, GRPC)
    return compileRoute(object, route, (route.match ?? []).map(grpcMatch), retry, defaults, ['spec', 'routes', index])
  })
  return proxyParts(object, spec, rules.length > 0 ? rules : [defaultRule(object, defaults)], settings)
}

type CommonSpec = Pick<
  HTTPProxySpec,
  'host' | 'hosts' | 'gateways' | 'timeout' | 'retry' | 'circuitBreaker' | 'rateLimits' | 'exportTo'
>

function defaultsOf(
  { namespace }: ObjectHead,
  { host, timeout, retry }: CommonSpec,
  settings: MeshSettings,
  kind: typeof HTTP,
): RouteDefaults {
  return {
    destination: {
      host: hostOf(host, namespace, settings),
      subset: '',
      port: undefined,
      weight: 1,
      headers: NO_HEADER_CHANGES,
    },
    timeoutMs: milliseconds(timeout) ?? 0,
    retry: retry && retryPolicy(retry, kind),
    settings,
  }
}

function proxyParts(object: ObjectHead, spec: CommonSpec, http: readonly HttpRule[], settings: MeshSettings): Parts {
  const { namespace, name } = object
  const host = hostOf(spec.host, namespace, settings)
  const common = {
    name,
    namespace,
    exportTo: visibility(spec.exportTo, namespace, settings.defaultRouteExportTo),
    http,
    tls: [],
    tcp: [],
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
  const gateways = (spec.gateways ?? []).map(gateway => gatewayName(gateway, namespace))
  const atGateways: RouteSet = { ...common, hosts: (spec.hosts ?? [host]).map(lowerCase), attachments: gateways }
  const { circuitBreaker, exportTo } = spec
  const target = { host: spec.host, ...(exportTo && { exportTo }) }
  return parts({
    routes: [{ ...common, hosts: [host], attachments: [MESH] }, ...(gateways.length > 0 ? [atGateways] : [])],
    trafficRules: circuitBreaker
      ? [
          layerRule(object, target, { aspect: 'breaker' }, settings, {
            policy: breakerPolicy(circuitBreaker),
            path: ['spec', 'circuitBreaker'],
          }),
        ]
      : [],
    rateLimits: (spec.rateLimits ?? []).map((limit, index) =>
      rateLimit(object, `${name}.${index}`, limit, { kind: 'service', host, port: undefined }, ['spec', 'rateLimits', index]),
    ),
  })
}

function lowerCase(text: string): string {
  return text.toLowerCase()
}
