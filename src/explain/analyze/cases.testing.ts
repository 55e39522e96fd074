/** Small configurations, and the messages of the analyzers about each: "CODE Kind namespace/name". Objects of one line, without apiVersion. */

export interface AnalyzeCase {
  readonly name: string
  /** YAML flow maps, one object each: kind, name, namespace (default: "shop"), labels and annotations, then the rest of the object. */
  readonly objects: readonly string[]
  /** All messages of the codes that are named in any case of the same group. */
  readonly expected: readonly string[]
  /** Codes that are looked at. */
  readonly codes: readonly string[]
  readonly meshConfig?: string
  readonly clusters?: Readonly<Record<string, readonly string[]>>
  /** Analyzers beside those that run by default. */
  readonly optIn?: true
}

const proxied = 'spec: {containers: [{name: istio-proxy, image: hub/proxyv2:1}]}'
const injected = '{kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}'
const gatewayPod = `{kind: Pod, metadata: {name: gw, labels: {app: gw}}, ${proxied}}`
const gateway = (name: string, server: string, selector = '{app: gw}') =>
  `{kind: Gateway, metadata: {name: ${name}}, spec: {selector: ${selector}, servers: [${server}]}}`
const plain = (hosts: string, port = 80) => `{port: {number: ${port}, name: http, protocol: HTTP}, hosts: [${hosts}]}`
const webhook = (name: string, selector: string, service = 'istiod') =>
  `{kind: MutatingWebhookConfiguration, metadata: {name: ${name}}, webhooks: [{name: w.sidecar-injector.istio.io, ${selector}, clientConfig: {service: {name: ${service}, namespace: istio-system}}}]}`
const istiodService = '{kind: Service, metadata: {name: istiod, namespace: istio-system}}'
const enabledNamespaces = 'namespaceSelector: {matchLabels: {istio-injection: enabled}}'
const patch = (name: string, text: string, priority = 0) =>
  `{kind: EnvoyFilter, metadata: {name: ${name}}, spec: {priority: ${priority}, configPatches: [${text}]}}`
const condition = (type: string) => `[{type: ${type}, status: "False", reason: Why, message: because}]`
const deployment = (name: string, template: string) =>
  `{kind: Deployment, metadata: {name: ${name}}, spec: {template: ${template}}}`

export const CASES: readonly AnalyzeCase[] = [
  {
    name: 'deprecated things',
    codes: ['IST0002'],
    objects: [
      '{kind: VirtualService, metadata: {name: a}, spec: {http: [{fault: {delay: {percent: 5}}}]}}',
      '{kind: Sidecar, metadata: {name: a}, spec: {outboundTrafficPolicy: {egressProxy: {host: a}}}}',
      '{kind: CustomResourceDefinition, metadata: {name: x}, spec: {group: rbac.istio.io, names: {kind: ServiceRole}}}',
    ],
    expected: ['IST0002 VirtualService shop/a', 'IST0002 Sidecar shop/a', 'IST0002 CustomResourceDefinition x'],
  },
  {
    name: 'namespaces without labels',
    codes: ['IST0102', 'IST0123', 'IST0148'],
    objects: [
      '{kind: Namespace, metadata: {name: a}}',
      '{kind: Namespace, metadata: {name: b, labels: {istio-injection: disabled}}}',
      '{kind: Namespace, metadata: {name: c, labels: {istio-injection: ""}}}',
      '{kind: Namespace, metadata: {name: kube-system}}',
      '{kind: Namespace, metadata: {name: d, labels: {istio.io/dataplane-mode: ambient}}}',
    ],
    expected: ['IST0102 Namespace a', 'IST0102 Namespace c'],
  },
  {
    name: 'namespaces with two labels',
    codes: ['IST0102', 'IST0123'],
    objects: ['{kind: Namespace, metadata: {name: a, labels: {istio-injection: enabled, istio.io/rev: canary}}}'],
    expected: ['IST0123 Namespace a'],
  },
  {
    name: 'injection by default',
    codes: ['IST0102', 'IST0103', 'IST0148'],
    objects: [
      '{kind: Namespace, metadata: {name: shop}}',
      `{kind: ConfigMap, metadata: {name: istio-sidecar-injector, namespace: istio-system}, data: {values: '{"sidecarInjectorWebhook":{"enableNamespacesByDefault":true}}'}}`,
      '{kind: Pod, metadata: {name: p}}',
    ],
    expected: ['IST0148 Namespace shop', 'IST0103 Pod shop/p'],
  },
  {
    name: 'pods without a proxy',
    codes: ['IST0103'],
    objects: [
      injected,
      '{kind: Pod, metadata: {name: a}, spec: {containers: [{name: app}]}}',
      `{kind: Pod, metadata: {name: b}, ${proxied}}`,
      '{kind: Pod, metadata: {name: c, labels: {sidecar.istio.io/inject: "false"}}}',
      '{kind: Pod, metadata: {name: d}, spec: {hostNetwork: true}}',
      '{kind: Pod, metadata: {name: e}, spec: {initContainers: [{name: istio-proxy}]}}',
    ],
    expected: ['IST0103 Pod shop/a'],
  },
  {
    name: 'annotations',
    codes: ['IST0107', 'IST0108', 'IST0125', 'IST0135'],
    objects: [
      '{kind: Deployment, metadata: {name: a, annotations: {sidecar.istio.io/logLevel: debug, sidecar.istio.io/status: x}}}',
      '{kind: Pod, metadata: {name: b, annotations: {sidecar.istio.io/loglevel: debug, other.io/x: y}}}',
      '{kind: Pod, metadata: {name: c, annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "80,x"}}}',
      '{kind: Pod, metadata: {name: d, annotations: {sidecar.istio.io/inject: "true"}}}',
      '{kind: Pod, metadata: {name: e, annotations: {sidecar.istio.io/inject: "true"}, labels: {sidecar.istio.io/inject: "true"}}}',
      '{kind: Service, metadata: {name: f, annotations: {kubernetes.io/ingress.class: x}}}',
      '{kind: Pod, metadata: {name: g, annotations: {proxy.istio.io/config: "concurrency: many"}}}',
      '{kind: Pod, metadata: {name: h, annotations: {proxy.istio.io/config: "concurrency: 2"}}}',
    ],
    expected: [
      'IST0125 Pod shop/g',
      'IST0107 Deployment shop/a',
      'IST0108 Pod shop/b',
      'IST0125 Pod shop/c',
      'IST0135 Pod shop/d',
      'IST0107 Service shop/f',
    ],
  },
  {
    name: 'alpha annotations, asked for',
    codes: ['IST0136'],
    optIn: true,
    objects: [
      '{kind: Pod, metadata: {name: a, annotations: {sidecar.istio.io/logLevel: debug, sidecar.istio.io/interceptionMode: TPROXY}}}',
    ],
    expected: ['IST0136 Pod shop/a'],
  },
  {
    name: 'alpha annotations, not asked for',
    codes: ['IST0136'],
    objects: ['{kind: Pod, metadata: {name: a, annotations: {sidecar.istio.io/logLevel: debug}}}'],
    expected: [],
  },
  {
    name: 'suppressed messages',
    codes: ['IST0102'],
    objects: [
      '{kind: Namespace, metadata: {name: a, annotations: {galley.istio.io/analyze-suppress: "IST0108,IST0102"}}}',
      '{kind: Namespace, metadata: {name: b, annotations: {galley.istio.io/analyze-suppress: "*"}}}',
      '{kind: Namespace, metadata: {name: c, annotations: {galley.istio.io/analyze-suppress: "IST0108, IST0102"}}}',
    ],
    expected: ['IST0102 Namespace c'],
  },
  {
    name: 'two Sidecars for a pod',
    codes: ['IST0101', 'IST0110', 'IST0111'],
    objects: [
      '{kind: Sidecar, metadata: {name: a}, spec: {workloadSelector: {labels: {app: x}}}}',
      '{kind: Sidecar, metadata: {name: b}, spec: {workloadSelector: {labels: {version: v1}}}}',
      '{kind: Sidecar, metadata: {name: c}, spec: {workloadSelector: {labels: {app: none}}}}',
      '{kind: Pod, metadata: {name: p, labels: {app: x, version: v1}}}',
    ],
    expected: ['IST0110 Sidecar shop/a', 'IST0110 Sidecar shop/b', 'IST0101 Sidecar shop/c'],
  },
  {
    name: 'AuthorizationPolicies for nobody',
    codes: ['IST0101', 'IST0127'],
    objects: [
      injected,
      '{kind: Pod, metadata: {name: p, labels: {app: x}}}',
      '{kind: AuthorizationPolicy, metadata: {name: a}, spec: {selector: {matchLabels: {app: y}}}}',
      '{kind: AuthorizationPolicy, metadata: {name: b}, spec: {selector: {matchLabels: {app: x}}, rules: [{from: [{source: {namespaces: [shop, gone, "sh*", "*"], notNamespaces: ["*gone"]}}]}]}}',
      '{kind: AuthorizationPolicy, metadata: {name: c, namespace: istio-system}, spec: {}}',
      '{kind: AuthorizationPolicy, metadata: {name: d, namespace: empty}, spec: {}}',
    ],
    expected: [
      'IST0127 AuthorizationPolicy shop/a',
      'IST0101 AuthorizationPolicy shop/b',
      'IST0101 AuthorizationPolicy shop/b',
      'IST0127 AuthorizationPolicy empty/d',
    ],
  },
  {
    name: 'keys that are fetched',
    codes: ['IST0175'],
    objects: [
      '{kind: RequestAuthentication, metadata: {name: a}, spec: {jwtRules: [{issuer: i, jwksUri: "https://x"}]}}',
      '{kind: Deployment, metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}, spec: {template: {spec: {containers: [{name: discovery}]}}}}',
      '{kind: Deployment, metadata: {name: istiod-2, namespace: istio-system, labels: {app: istiod}}, spec: {template: {spec: {containers: [{name: discovery, env: [{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: 10.0.0.0/8}]}]}}}}',
    ],
    expected: ['IST0175 Deployment istio-system/istiod'],
  },
  {
    name: 'conditions',
    codes: ['IST0171'],
    objects: [
      `{kind: Service, metadata: {name: a}, status: {conditions: ${condition('istio.io/WaypointBound')}}}`,
      `{kind: HTTPRoute, metadata: {name: b}, status: {parents: [{conditions: ${condition('ResolvedRefs')}}]}}`,
      `{kind: KubernetesGateway, metadata: {name: c}, status: {conditions: ${condition('Programmed')}}}`,
      `{kind: AuthorizationPolicy, metadata: {name: d}, status: {conditions: [{type: ZtunnelAccepted, status: "True", reason: PartiallyInvalid}]}}`,
      `{kind: HTTPRoute, metadata: {name: e}, status: {parents: [{conditions: ${condition('Other')}}]}}`,
    ],
    expected: [
      'IST0171 Service shop/a',
      'IST0171 HTTPRoute shop/b',
      'IST0171 Gateway shop/c',
      'IST0171 AuthorizationPolicy shop/d',
    ],
  },
  {
    name: 'Services that disagree about ports',
    codes: ['IST0116', 'IST0137'],
    objects: [
      injected,
      deployment('d', '{metadata: {labels: {app: d}}}'),
      '{kind: Service, metadata: {name: a}, spec: {selector: {app: d}, ports: [{port: 80, targetPort: 9}]}}',
      '{kind: Service, metadata: {name: b}, spec: {selector: {app: d}, ports: [{port: 81, targetPort: 9}, {port: 80, targetPort: 10, protocol: UDP}]}}',
    ],
    expected: ['IST0116 Deployment shop/d', 'IST0137 Deployment shop/d'],
  },
  {
    name: "the proxy's user",
    codes: ['IST0144'],
    objects: [
      '{kind: Pod, metadata: {name: a}, spec: {containers: [{name: app, securityContext: {runAsUser: 1337}}]}}',
      '{kind: Pod, metadata: {name: b}, spec: {containers: [{name: istio-proxy, securityContext: {runAsUser: 1337}}]}}',
      '{kind: Pod, metadata: {name: c, labels: {istio: pilot}}, spec: {securityContext: {runAsUser: 1337}}}',
      '{kind: Pod, metadata: {name: d}, spec: {containers: [{name: app}], initContainers: [{name: fetch, securityContext: {runAsUser: 1337}}]}}',
    ],
    expected: ['IST0144 Pod shop/a'],
  },
  {
    name: 'names of ports',
    codes: ['IST0118', 'IST0150'],
    objects: [
      '{kind: Service, metadata: {name: a}, spec: {ports: [{port: 80, name: web}, {port: 81, name: http-x}, {port: 82, appProtocol: http, name: x}, {port: 53, protocol: UDP}, {port: 3306}]}}',
      '{kind: Service, metadata: {name: b, namespace: kube-system}, spec: {ports: [{port: 80}]}}',
      '{kind: Service, metadata: {name: c}, spec: {type: ExternalName, ports: [{port: 80, name: http}]}}',
    ],
    expected: ['IST0118 Service shop/a'],
  },
  {
    name: 'EnvoyFilters',
    codes: ['IST0151', 'IST0152', 'IST0153', 'IST0154', 'IST0155'],
    objects: [
      patch('a', '{applyTo: HTTP_ROUTE, patch: {operation: ADD}}'),
      patch('b', '{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE}}', 10),
      patch('c', '{applyTo: CLUSTER, patch: {operation: ADD}}'),
    ],
    expected: ['IST0153 EnvoyFilter shop/a'],
  },
  {
    name: 'a Telemetry too much',
    codes: ['IST0101', 'IST0157', 'IST0159', 'IST0160'],
    objects: [
      '{kind: Telemetry, metadata: {name: a}, spec: {accessLogging: [{disabled: false}]}}',
      '{kind: Telemetry, metadata: {name: b}, spec: {accessLogging: [{disabled: true}]}}',
      '{kind: Telemetry, metadata: {name: c}, spec: {selector: {matchLabels: {app: x}}, accessLogging: [{providers: [{name: envoy}]}]}}',
      '{kind: Telemetry, metadata: {name: d}, spec: {selector: {matchLabels: {app: x}}}}',
      '{kind: Telemetry, metadata: {name: e}, spec: {selector: {matchLabels: {app: y}}}}',
      '{kind: Pod, metadata: {name: p, labels: {app: x}}}',
    ],
    expected: [
      'IST0157 Telemetry shop/a',
      'IST0160 Telemetry shop/a',
      'IST0160 Telemetry shop/b',
      'IST0159 Telemetry shop/c',
      'IST0159 Telemetry shop/d',
      'IST0101 Telemetry shop/e',
    ],
  },
  {
    name: 'a default provider',
    codes: ['IST0157', 'IST0002'],
    meshConfig: '{defaultProviders: {accessLogging: [envoy]}, extensionProviders: [{name: ls, lightstep: {service: x}}]}',
    objects: ['{kind: Telemetry, metadata: {name: a}, spec: {accessLogging: [{}], tracing: [{providers: [{name: ls}]}]}}'],
    expected: ['IST0002 Telemetry shop/a'],
  },
  {
    name: 'proxies of another version',
    codes: ['IST0158'],
    objects: [
      injected,
      `{kind: ConfigMap, metadata: {name: istio-sidecar-injector, namespace: istio-system}, data: {values: '{"global":{"hub":"hub","tag":"2","proxy":{"image":"proxyv2"}}}'}}`,
      `{kind: Pod, metadata: {name: a}, ${proxied}}`,
      '{kind: Pod, metadata: {name: b}, spec: {containers: [{name: istio-proxy, image: "hub/proxyv2:2-distroless"}]}}',
    ],
    expected: ['IST0158 Namespace shop'],
  },
  {
    name: 'image: auto',
    codes: ['IST0146', 'IST0147'],
    objects: [
      '{kind: Pod, metadata: {name: a}, spec: {containers: [{name: istio-proxy, image: auto}]}}',
      deployment('b', '{spec: {containers: [{name: istio-proxy, image: auto}]}}'),
      '{kind: Namespace, metadata: {name: in, labels: {istio-injection: enabled}}}',
      '{kind: Deployment, metadata: {name: c, namespace: in}, spec: {template: {spec: {containers: [{name: istio-proxy, image: auto}]}}}}',
      webhook('injector', enabledNamespaces),
    ],
    expected: ['IST0147 Pod shop/a', 'IST0146 Deployment shop/b'],
  },
  {
    name: 'webhooks that overlap',
    codes: ['IST0139'],
    objects: [
      istiodService,
      webhook('one', enabledNamespaces),
      webhook('two', enabledNamespaces),
      webhook(
        'three',
        'namespaceSelector: {matchLabels: {istio.io/rev: canary}, matchExpressions: [{key: istio-injection, operator: DoesNotExist}]}',
      ),
    ],
    expected: ['IST0139 MutatingWebhookConfiguration one', 'IST0139 MutatingWebhookConfiguration two'],
  },
  {
    name: 'a webhook without its service',
    codes: ['IST0139'],
    objects: [webhook('one', enabledNamespaces)],
    expected: ['IST0139 MutatingWebhookConfiguration one'],
  },
  {
    name: 'Gateways with one certificate',
    codes: ['IST0138'],
    objects: [
      gatewayPod,
      gateway('a', '{tls: {credentialName: c}, hosts: [a.example]}'),
      gateway('b', '{tls: {credentialName: c}, hosts: [b.example]}'),
      gateway('c', '{tls: {credentialName: c}, hosts: [c.example]}', '{app: other}'),
    ],
    expected: ['IST0138 Gateway shop/a', 'IST0138 Gateway shop/b'],
  },
  {
    name: 'credentials of Gateways',
    codes: ['IST0101', 'IST0161'],
    objects: [
      gatewayPod,
      gateway('a', '{tls: {credentialName: gone}}'),
      gateway('b', '{tls: {credentialName: bad}}'),
      '{kind: Secret, metadata: {name: bad}, stringData: {tls.crt: x, tls.key: y}}',
    ],
    expected: ['IST0101 Gateway shop/a', 'IST0161 Gateway shop/b'],
  },
  {
    name: "Gateways in each other's way",
    codes: ['IST0145'],
    objects: [
      gatewayPod,
      gateway('a', plain('x.example')),
      gateway('b', plain('"*.example"')),
      gateway('c', plain('y.other')),
      gateway('d', plain('x.example', 81)),
      gateway('e', plain('x.example'), '{app: gw2}'),
    ],
    expected: ['IST0145 Gateway shop/a', 'IST0145 Gateway shop/b'],
  },
  {
    name: 'Gateways without a port or pod',
    codes: ['IST0101', 'IST0162'],
    objects: [
      gatewayPod,
      '{kind: Service, metadata: {name: gw}, spec: {selector: {app: gw}, ports: [{port: 80, targetPort: 8080}]}}',
      gateway('a', plain('a', 8080)),
      gateway('b', plain('b', 90)),
      gateway('c', plain('c'), '{app: none}'),
    ],
    expected: ['IST0162 Gateway shop/b', 'IST0101 Gateway shop/c'],
  },
  {
    name: 'an internal gateway',
    codes: ['IST0165', 'IST0101'],
    objects: [
      '{kind: VirtualService, metadata: {name: a}, spec: {hosts: [a], gateways: [shop/g-istio-autogenerated-k8s-gateway-http]}}',
    ],
    expected: ['IST0165 VirtualService shop/a'],
  },
  {
    name: 'selectors on Gateway API pods',
    codes: ['IST0166'],
    objects: [
      '{kind: Pod, metadata: {name: p, labels: {gateway.networking.k8s.io/gateway-name: edge}}}',
      '{kind: RequestAuthentication, metadata: {name: a}, spec: {selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: edge}}}}',
      '{kind: WasmPlugin, metadata: {name: b}, spec: {selector: {matchLabels: {app: x}}}}',
    ],
    expected: ['IST0166 RequestAuthentication shop/a'],
  },
  {
    name: 'old definitions of the Gateway API',
    codes: ['IST0176'],
    objects: [
      '{kind: CustomResourceDefinition, metadata: {name: grpcroutes.gateway.networking.k8s.io, annotations: {gateway.networking.k8s.io/bundle-version: v1.0.0}}}',
      '{kind: CustomResourceDefinition, metadata: {name: backendtlspolicies.gateway.networking.k8s.io, annotations: {gateway.networking.k8s.io/bundle-version: v1.4.0}}}',
    ],
    expected: ['IST0176 CustomResourceDefinition grpcroutes.gateway.networking.k8s.io'],
  },
  {
    name: 'external control planes',
    codes: ['IST0163', 'IST0164'],
    objects: [
      '{kind: ValidatingWebhookConfiguration, metadata: {name: istio-validator}, webhooks: [{name: a, clientConfig: {url: "https://10.0.0.1/x"}}]}',
      '{kind: MutatingWebhookConfiguration, metadata: {name: istio-sidecar-injector}, webhooks: [{name: a, clientConfig: {url: "nonsense"}}, {name: b, clientConfig: {service: {name: istiod}}}]}',
    ],
    expected: [
      'IST0164 ValidatingWebhookConfiguration istio-validator',
      'IST0163 MutatingWebhookConfiguration istio-sidecar-injector',
    ],
  },
  {
    name: 'ServiceEntries without addresses',
    codes: ['IST0134'],
    objects: [
      '{kind: ServiceEntry, metadata: {name: a}, spec: {hosts: [a.example], ports: [{number: 1, protocol: TCP}, {number: 2}]}}',
      '{kind: ServiceEntry, metadata: {name: b}, spec: {hosts: [b.example], ports: [{number: 1, protocol: TCP}]}, status: {addresses: [{value: 240.0.0.1}]}}',
    ],
    expected: ['IST0134 ServiceEntry shop/a'],
  },
  {
    name: 'DestinationRules for unknown hosts',
    codes: ['IST0173', 'IST0174'],
    objects: [
      '{kind: DestinationRule, metadata: {name: a}, spec: {host: gone}}',
      '{kind: Service, metadata: {name: s}, spec: {selector: {app: s}}}',
      deployment('s', '{metadata: {labels: {app: s, version: v1}}}'),
      '{kind: DestinationRule, metadata: {name: b}, spec: {host: s, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: all}]}}',
      '{kind: DestinationRule, metadata: {name: c}, spec: {host: "*.shop.svc.cluster.local"}}',
    ],
    expected: ['IST0174 DestinationRule shop/a', 'IST0173 DestinationRule shop/b'],
  },
  {
    name: 'Services that differ between clusters',
    codes: ['IST0170'],
    objects: [],
    clusters: {
      east: [
        '{kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}',
        '{kind: Service, metadata: {name: b}, spec: {ports: [{port: 80}]}}',
      ],
      west: [
        '{kind: Service, metadata: {name: a}, spec: {ports: [{port: 81}]}}',
        '{kind: Service, metadata: {name: b}, spec: {ports: [{port: 80, protocol: TCP}], type: ClusterIP}}',
      ],
    },
    expected: ['IST0170 Service shop/a'],
  },
  {
    name: 'weights',
    codes: ['MZ0007'],
    objects: [
      '{kind: VirtualService, metadata: {name: a}, spec: {http: [{route: [{weight: 50}, {weight: 40}]}]}}',
      '{kind: VirtualService, metadata: {name: b}, spec: {http: [{route: [{weight: 1}, {weight: 9}]}, {route: [{weight: 80}, {weight: 20}]}]}}',
    ],
    expected: ['MZ0007 VirtualService shop/a'],
  },
  {
    name: 'policies for nobody',
    codes: ['MZ0008'],
    objects: [
      '{kind: Pod, metadata: {name: p, labels: {app: x}}}',
      '{kind: PeerAuthentication, metadata: {name: a}, spec: {selector: {matchLabels: {app: y}}}}',
      '{kind: EnvoyFilter, metadata: {name: b}, spec: {workloadSelector: {labels: {app: x}}}}',
      '{kind: EnvoyFilter, metadata: {name: c, namespace: bare}, spec: {workloadSelector: {labels: {app: x}}}}',
    ],
    expected: ['MZ0008 PeerAuthentication shop/a'],
  },
  {
    name: 'plaintext to mTLS',
    codes: ['MZ0009'],
    objects: [
      '{kind: PeerAuthentication, metadata: {name: d, namespace: istio-system}, spec: {mtls: {mode: STRICT}}}',
      '{kind: Service, metadata: {name: s}, spec: {selector: {app: s}}}',
      '{kind: Pod, metadata: {name: p, labels: {app: s}}}',
      '{kind: DestinationRule, metadata: {name: a}, spec: {host: s, trafficPolicy: {tls: {mode: DISABLE}}}}',
      '{kind: DestinationRule, metadata: {name: b}, spec: {host: s, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}}',
    ],
    expected: ['MZ0009 DestinationRule shop/a'],
  },
  {
    name: 'plaintext to those who take it',
    codes: ['MZ0009'],
    objects: [
      '{kind: PeerAuthentication, metadata: {name: d, namespace: istio-system}, spec: {mtls: {mode: STRICT}}}',
      '{kind: PeerAuthentication, metadata: {name: e}, spec: {mtls: {mode: PERMISSIVE}}}',
      '{kind: Service, metadata: {name: s}, spec: {selector: {app: s}}}',
      '{kind: Pod, metadata: {name: p, labels: {app: s}}}',
      '{kind: DestinationRule, metadata: {name: a}, spec: {host: s, trafficPolicy: {tls: {mode: DISABLE}}}}',
    ],
    expected: [],
  },
  {
    name: 'delegates',
    codes: ['MZ0010'],
    objects: [
      '{kind: VirtualService, metadata: {name: a}, spec: {hosts: [a], http: [{delegate: {name: b}}, {delegate: {name: c}}, {delegate: {name: a}}]}}',
      '{kind: VirtualService, metadata: {name: b}, spec: {http: []}}',
    ],
    expected: ['MZ0010 VirtualService shop/a', 'MZ0010 VirtualService shop/a'],
  },
  {
    name: 'a Service with nobody behind it',
    codes: ['MZ0011'],
    objects: [
      '{kind: VirtualService, metadata: {name: a}, spec: {hosts: [a], http: [{route: [{destination: {host: s}}, {destination: {host: t}}]}]}}',
      '{kind: Service, metadata: {name: s}, spec: {selector: {app: s}}}',
      '{kind: Service, metadata: {name: t}, spec: {selector: {app: t}}}',
      '{kind: Pod, metadata: {name: p, labels: {app: t}}}',
    ],
    expected: ['MZ0011 VirtualService shop/a'],
  },
  {
    name: 'DestinationRules of one host',
    codes: ['MZ0012'],
    objects: [
      '{kind: DestinationRule, metadata: {name: a}, spec: {host: s, trafficPolicy: {}, subsets: [{name: v1}]}}',
      '{kind: DestinationRule, metadata: {name: b}, spec: {host: s.shop.svc.cluster.local, subsets: [{name: v1}]}}',
      '{kind: DestinationRule, metadata: {name: c}, spec: {host: s, subsets: [{name: v2}]}}',
    ],
    expected: ['MZ0012 DestinationRule shop/b'],
  },
]
