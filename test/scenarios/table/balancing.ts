/** Which endpoint: load balancing, stickiness, subsets, and services that are not Kubernetes Services. */
import { http, type Scenario } from '../scenario.ts'

const dr = (policy: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo}
spec:
  host: echo
  trafficPolicy: ${policy}
${more}`

/** The topology's `echo` has three pods: two of v1, one of v2. */
export const balancing: Scenario[] = [
  {
    name: 'ROUND_ROBIN visits every pod evenly',
    config: dr('{loadBalancer: {simple: ROUND_ROBIN}}'),
    calls: [http('http://echo/', { share: { 'echo v1': [18, 22], 'echo v2': [8, 12] }, pods: 3 }, { times: 30 })],
  },
  {
    name: 'RANDOM reaches every pod',
    config: dr('{loadBalancer: {simple: RANDOM}}'),
    calls: [http('http://echo/', { pods: 3 }, { times: 60 })],
  },
  { name: 'LEAST_REQUEST, the default, reaches every pod', calls: [http('http://echo/', { pods: 3 }, { times: 60 })] },
  {
    name: 'LEAST_REQUEST avoids a pod that is busy',
    config: dr('{loadBalancer: {simple: LEAST_REQUEST}}'),
    calls: [http('http://echo/', { pods: 3 }, { times: 24, parallel: true, headers: { 'x-echo-delay-ms': '100' } })],
  },
  {
    name: 'consistentHash by header keeps a value on one pod',
    config: dr('{loadBalancer: {consistentHash: {httpHeaderName: x-user}}}'),
    calls: [
      http('http://echo/', { onePod: true }, { times: 20, headers: { 'x-user': 'ann' } }),
      http('http://echo/', { onePod: true }, { times: 20, headers: { 'x-user': 'bob' } }),
    ],
  },
  {
    name: 'consistentHash by query parameter',
    config: dr('{loadBalancer: {consistentHash: {httpQueryParameterName: user}}}'),
    calls: [http('http://echo/?user=ann', { onePod: true }, { times: 20 })],
  },
  {
    name: 'consistentHash by cookie: the mesh gives the cookie, the cookie keeps the pod',
    config: dr('{loadBalancer: {consistentHash: {httpCookie: {name: session, ttl: 60s}}}}'),
    calls: [
      http('http://echo/', { headers: { 'set-cookie': /^session=/ } }),
      http('http://echo/', { onePod: true, headers: { 'set-cookie': null } }, { times: 20, headers: { cookie: 'session=abc' } }),
    ],
  },
  {
    name: 'consistentHash by source address',
    config: dr('{loadBalancer: {consistentHash: {useSourceIp: true}}}'),
    calls: [http('http://echo/', { onePod: true }, { times: 20 })],
  },
  {
    name: 'consistentHash with maglev',
    config: dr('{loadBalancer: {consistentHash: {httpHeaderName: x-user, maglev: {tableSize: 65537}}}}'),
    calls: [http('http://echo/', { onePod: true }, { times: 20, headers: { 'x-user': 'ann' } })],
  },
  {
    name: 'subsets select pods by label',
    config: `${dr('{}', '  subsets: [{name: second, labels: {version: v2}}]').replace('  trafficPolicy: {}\n', '')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec: {hosts: [echo], http: [{route: [{destination: {host: echo, subset: second}}]}]}
`,
    calls: [http('http://echo/', { share: { 'echo v2': [20, 20] } }, { times: 20 })],
  },
  {
    name: 'a subset has a policy of its own',
    config: `${dr('{loadBalancer: {simple: ROUND_ROBIN}}', '  subsets: [{name: first, labels: {version: v1}, trafficPolicy: {loadBalancer: {consistentHash: {httpHeaderName: x-user}}}}]')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec: {hosts: [echo], http: [{route: [{destination: {host: echo, subset: first}}]}]}
`,
    calls: [http('http://echo/', { onePod: true }, { times: 20, headers: { 'x-user': 'ann' } })],
  },
  {
    name: 'portLevelSettings override the policy for their port',
    config: dr(
      '{loadBalancer: {simple: ROUND_ROBIN}, portLevelSettings: [{port: {number: 80}, loadBalancer: {consistentHash: {httpHeaderName: x-user}}}]}',
    ),
    calls: [http('http://echo/', { onePod: true }, { times: 20, headers: { 'x-user': 'ann' } })],
  },
  {
    name: 'a ServiceEntry with static endpoints is reached by its host name',
    config: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec:
  hosts: [api.outside.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: 127.0.0.1, ports: {http: {{outside}}}}]
`,
    calls: [http('http://api.outside.example/x', { served: 'outside v1', host: 'api.outside.example' })],
  },
  {
    name: 'a ServiceEntry with DNS resolution',
    config: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: outside}
spec:
  hosts: [dns.outside.example]
  location: MESH_EXTERNAL
  resolution: DNS
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints: [{address: localhost, ports: {http: {{outside}}}}]
`,
    calls: [http('http://dns.outside.example/x', { served: 'outside v1' })],
  },
  {
    name: 'WorkloadEntries stand beside pods behind a ServiceEntry',
    config: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: vms}
spec:
  hosts: [vms.example]
  location: MESH_INTERNAL
  resolution: STATIC
  ports: [{number: 80, name: http, protocol: HTTP}]
  workloadSelector: {labels: {app: vm}}
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: {name: vm-1, labels: {app: vm}}
spec: {address: 127.0.0.1, ports: {http: {{outside}}}, labels: {app: vm}}
`,
    calls: [http('http://vms.example/', { served: 'outside v1' })],
  },
  {
    name: 'an unknown host is reached when outbound traffic is open (the default)',
    calls: [http('http://localhost:{{outside}}/y', { served: 'outside v1', path: '/y' })],
  },
  {
    name: 'a Sidecar with REGISTRY_ONLY refuses unknown hosts',
    config: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec:
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: ["./*"]}]
`,
    calls: [http('http://localhost:{{outside}}/', { status: 502 }), http('http://echo/', { status: 200 })],
  },
  {
    name: 'a Sidecar hides the services it does not import',
    config: `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default}
spec:
  outboundTrafficPolicy: {mode: REGISTRY_ONLY}
  egress: [{hosts: ["./other.default.svc.cluster.local"]}]
`,
    calls: [http('http://echo/', { status: 502 }), http('http://other/', { served: 'other v1' })],
  },
  {
    name: 'an ExternalName Service is an alias',
    config: `
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: other.default.svc.cluster.local, ports: [{name: http, port: 80}]}
`,
    calls: [http('http://alias/', { served: 'other v1' })],
  },
  {
    name: 'traffic policy reaches a service over two DestinationRules of one host: subsets are joined',
    config: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo-1}
spec: {host: echo, subsets: [{name: v1, labels: {version: v1}}]}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: echo-2}
spec: {host: echo, subsets: [{name: v2, labels: {version: v2}}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: echo}
spec:
  hosts: [echo]
  http:
    - match: [{uri: {prefix: /1}}]
      route: [{destination: {host: echo, subset: v1}}]
    - route: [{destination: {host: echo, subset: v2}}]
`,
    calls: [http('http://echo/1', { served: 'echo v1' }), http('http://echo/2', { served: 'echo v2' })],
  },
]
