/** EnvoyFilters (docs/envoyfilter.md): what they change is what the proxies do. */
import { readFileSync } from 'node:fs'
import { http, ingress, type Scenario } from '../scenario.ts'

const page = readFileSync(new URL('../../../docs/envoyfilter.md', import.meta.url), 'utf8')
const documented = /^```yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? ''

const filter = (patches: string, { name = 'patch', namespace = 'default', rest = '' } = {}) => `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  ${rest}
  configPatches: ${patches}
---
`

const SOLO = 'routeConfiguration: {vhost: {name: "solo.default.svc.cluster.local:80", route: {name: default}}}'
const header = (key: string, value: string) => `request_headers_to_add: [{header: {key: ${key}, value: "${value}"}}]`
const routeHeader = (value: string) =>
  `[{applyTo: HTTP_ROUTE, match: {context: SIDECAR_OUTBOUND, ${SOLO}}, patch: {operation: MERGE, value: {${header('x-order', value)}}}}]`

const MANAGER = 'envoy.filters.network.http_connection_manager'
const subFilter = (name: string) => `filterChain: {filter: {name: ${MANAGER}, subFilter: {name: ${name}}}}`
const FAULT = 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault'
const LUA = 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua'

const slowSolo = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: solo}
spec: {hosts: [solo], http: [{timeout: 9s, route: [{destination: {host: solo}}]}]}
---
`

/** Connections that a client has from the row before are still under the old filters. */
const newConnections = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: solo}
spec: {host: solo, trafficPolicy: {connectionPool: {http: {maxRequestsPerConnection: 1}}}}
---
`

const abortSolo = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: solo}
spec:
  hosts: [solo]
  http: [{fault: {abort: {httpStatus: 418, percentage: {value: 100}}}, route: [{destination: {host: solo}}]}]
---
`

export const envoyFilters: readonly Scenario[] = [
  {
    name: 'EnvoyFilter: the documented example answers a route of its own and adds a header',
    config: documented,
    calls: [
      http('http://solo/maintenance', { status: 503, body: 'back at noon' }),
      http('http://solo/', { served: 'solo v1', seen: { 'x-patched-by': 'maintenance' } }),
      http('http://other/', { seen: { 'x-patched-by': null } }),
    ],
  },
  {
    name: 'EnvoyFilter: a timeout merged into a route takes the place of its own, for the proxies of the namespace only',
    config:
      slowSolo +
      filter(
        `[{applyTo: HTTP_ROUTE, match: {context: SIDECAR_OUTBOUND, routeConfiguration: {portNumber: 80, vhost: {route: {action: ROUTE}}}},
        patch: {operation: MERGE, value: {route: {timeout: 0.3s}}}}]`,
      ),
    calls: [
      http('http://solo/', { status: 504 }, { headers: { 'x-echo-delay-ms': '1500' } }),
      http('http://solo/', { served: 'solo v1' }),
      http('http://solo.default/', { status: 200 }, { from: 'second-client', headers: { 'x-echo-delay-ms': '600' } }),
    ],
  },
  {
    name: 'EnvoyFilter: filters go by priority, then the root namespace before others',
    config: [
      filter(routeHeader('late'), { name: 'a', rest: 'priority: 3' }),
      filter(routeHeader('own'), { name: 'b' }),
      filter(routeHeader('root'), { name: 'c', namespace: 'istio-system' }),
      filter(routeHeader('early'), { name: 'd', rest: 'priority: -1' }),
    ].join(''),
    calls: [http('http://solo/', { seen: { 'x-order': /^early, ?root, ?own, ?late$/ } })],
  },
  {
    name: 'EnvoyFilter: an HTTP filter inserted into the inbound side of one workload acts there',
    config:
      newConnections +
      filter(
        `[{applyTo: HTTP_FILTER, match: {context: SIDECAR_INBOUND, listener: {portNumber: 8080, ${subFilter('envoy.filters.http.router')}}},
        patch: {operation: INSERT_BEFORE, value: {name: own.fault, typed_config: {"@type": ${FAULT}, abort: {http_status: 418, percentage: {numerator: 100}}}}}}]`,
        { rest: 'workloadSelector: {labels: {app: solo}}' },
      ),
    calls: [http('http://solo/', { status: 418 }), http('http://other/', { served: 'other v1' })],
  },
  {
    name: 'EnvoyFilter: an HTTP filter that is removed does nothing any more',
    config:
      abortSolo +
      filter(
        `[{applyTo: HTTP_FILTER, match: {context: SIDECAR_OUTBOUND, listener: {${subFilter('envoy.filters.http.fault')}}}, patch: {operation: REMOVE}}]`,
      ),
    calls: [
      http('http://solo/', { served: 'solo v1' }),
      http('http://solo.default/', { status: 418 }, { from: 'second-client' }),
    ],
  },
  {
    name: 'EnvoyFilter: requests to a cluster that is removed get 503, those to a host that is added are answered',
    config: filter(
      `[{applyTo: CLUSTER, match: {context: SIDECAR_OUTBOUND, cluster: {service: solo.default.svc.cluster.local, portNumber: 80}}, patch: {operation: REMOVE}},
        {applyTo: VIRTUAL_HOST, match: {context: SIDECAR_OUTBOUND, routeConfiguration: {name: http_proxy}},
         patch: {operation: ADD, value: {name: extra, domains: [extra.example], routes: [{match: {prefix: /}, redirect: {host_redirect: other}}]}}}]`,
    ),
    calls: [
      http('http://solo/', { status: 503 }),
      http('http://other/', { served: 'other v1' }),
      http('http://extra.example/x', { status: 301, headers: { location: 'http://other/x' } }),
    ],
  },
  {
    name: 'EnvoyFilter: a patch with a filter that this version does not know changes nothing, and those beside it hold',
    config: filter(
      `[{applyTo: HTTP_FILTER, match: {context: SIDECAR_OUTBOUND, listener: {${subFilter('envoy.filters.http.router')}}},
         patch: {operation: INSERT_BEFORE, value: {name: own.later, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.later.v3.Later}}}},
        {applyTo: HTTP_ROUTE, match: {context: SIDECAR_OUTBOUND, ${SOLO}}, patch: {operation: MERGE, value: {${header('x-order', 'still')}}}}]`,
    ),
    calls: [http('http://solo/', { served: 'solo v1', seen: { 'x-order': 'still' } })],
  },
  {
    name: 'EnvoyFilter: what is merged into a cluster holds for that cluster alone',
    config: filter(
      `[{applyTo: CLUSTER, match: {context: SIDECAR_OUTBOUND, cluster: {service: solo.default.svc.cluster.local, portNumber: 80}}, patch: {operation: MERGE, value: {
        common_lb_config: {healthy_panic_threshold: {value: 0}},
        health_checks: [{timeout: 1s, interval: 60s, no_traffic_interval: 60s, unhealthy_threshold: 1, healthy_threshold: 1,
          http_health_check: {path: /, expected_statuses: [{start: 418, end: 419}]}}]}}}]`,
    ),
    // The changed cluster is in use when its first checks have ended.
    calls: [
      http('http://other/', { served: 'other v1' }, { headers: { 'x-echo-delay-ms': '500' } }),
      http('http://solo/', { status: 503 }),
    ],
    history: 'whether an endpoint is well is asked of it',
  },
  {
    name: 'EnvoyFilter: Lua runs in the outbound side',
    config: filter(
      `[{applyTo: HTTP_FILTER, match: {context: SIDECAR_OUTBOUND, listener: {filterChain: {filter: {name: ${MANAGER}}}}},
        patch: {operation: INSERT_FIRST, value: {name: envoy.filters.http.lua, typed_config: {"@type": ${LUA},
          default_source_code: {inline_string: "function envoy_on_request(handle) handle:headers():add('x-lua', 'ran') end"}}}}}]`,
    ),
    calls: [http('http://solo/', { seen: { 'x-lua': 'ran' } })],
    skip: { mizzen: "Lua runs in Envoy only: mizzen's proxy leaves the filter out, and its log says so" },
  },
  {
    name: 'EnvoyFilter: HTTP filters that no kind asks for do as Envoy does',
    config:
      newConnections +
      filter(
        `[${[
          ['csrf', 'csrf.v3.CsrfPolicy', 'filter_enabled: {default_value: {numerator: 100}}'],
          ['buffer', 'buffer.v3.Buffer', 'max_request_bytes: 20'],
          [
            'header_mutation',
            'header_mutation.v3.HeaderMutation',
            'mutations: {request_mutations: [{append: {header: {key: x-mutated, value: "yes"}}}]}',
          ],
          [
            'compressor',
            'compressor.v3.Compressor',
            'compressor_library: {name: gzip, typed_config: {"@type": type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip}}',
          ],
        ]
          .map(
            ([name, type, settings]) => `{applyTo: HTTP_FILTER,
              match: {context: SIDECAR_INBOUND, listener: {portNumber: 8080, ${subFilter('envoy.filters.http.router')}}},
              patch: {operation: INSERT_BEFORE, value: {name: envoy.filters.http.${name}, typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.${type}, ${settings}}}}}`,
          )
          .join(', ')}]`,
        { rest: 'workloadSelector: {labels: {app: solo}}' },
      ),
    calls: [
      http('http://solo/', { served: 'solo v1', seen: { 'x-mutated': 'yes' } }),
      http(
        'http://solo/',
        { status: 403, body: 'Invalid origin' },
        { method: 'POST', headers: { origin: 'http://evil' }, body: 'a' },
      ),
      http('http://solo/', { status: 413 }, { method: 'POST', headers: { origin: 'http://solo' }, body: 'a'.repeat(21) }),
      http('http://solo/', { status: 200 }, { method: 'POST', headers: { origin: 'http://solo' }, body: 'a'.repeat(20) }),
      http('http://solo/', { status: 200, headers: { 'content-encoding': 'gzip' } }, { headers: { 'accept-encoding': 'gzip' } }),
    ],
  },
  {
    name: 'EnvoyFilter: a gateway is patched by the port of its server',
    config: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: istio-system}
spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: edge, namespace: istio-system}
spec: {hosts: [shop.test], gateways: [edge], http: [{route: [{destination: {host: solo.default.svc.cluster.local}}]}]}
---
${filter(
  `[{applyTo: HTTP_ROUTE, match: {context: GATEWAY, routeConfiguration: {portNumber: 80}}, patch: {operation: MERGE, value: {${header('x-edge', 'patched')}}}}]`,
  { namespace: 'istio-system' },
)}`,
    calls: [
      ingress('http://shop.test/', { served: 'solo v1', seen: { 'x-edge': 'patched' } }),
      http('http://solo/', { seen: { 'x-edge': null } }),
    ],
  },
]
