import { type Row, testValidation } from '../../verdict.testing.ts'

const policy = (text: string) => `{host: cart, trafficPolicy: {${text}}}`
const balancer = (text: string, more = '') => policy(`loadBalancer: {${text}}${more}`)
const P = 'spec.trafficPolicy'

const rows: Row[] = [
  ['a host alone', '{host: cart}', []],
  ['no host', '{}', ['error spec']],
  [
    'subsets',
    '{host: "*.example.com", subsets: [{name: v1, labels: {version: v1}}, {name: v2, trafficPolicy: {tls: {mode: DISABLE}}}]}',
    [],
  ],
  ['a subset with a dot', '{host: cart, subsets: [{name: v1.0}]}', ['error spec.subsets[0].name']],
  ['two subsets of one name', '{host: cart, subsets: [{name: v1}, {name: v1}]}', ['warning spec.subsets[1].name']],
  [
    'a label with a wildcard',
    '{host: cart, subsets: [{name: v1, labels: {version: "v*"}}]}',
    ['error spec.subsets[0].labels.version'],
  ],
  ['an empty policy', policy(''), [`error ${P}`]],
  ['a selector without labels', '{host: cart, workloadSelector: {}}', ['warning spec.workloadSelector.matchLabels']],
  [
    'a selector and a wide export',
    '{host: cart, workloadSelector: {matchLabels: {a: b}}, exportTo: ["*"]}',
    ['error spec.exportTo'],
  ],
  ['a selector and the own namespace', '{host: cart, workloadSelector: {matchLabels: {a: b}}, exportTo: [.]}', []],

  ['a tunnel', policy('tunnel: {targetHost: example.com, targetPort: 443}'), []],
  [
    'a tunnel by GET',
    policy('tunnel: {protocol: GET, targetHost: example.com, targetPort: 443}'),
    [`error ${P}.tunnel.protocol`],
  ],
  ['a tunnel and the PROXY protocol', policy('tunnel: {targetHost: a.com, targetPort: 1}, proxyProtocol: {}'), [`error ${P}`]],
  ['a port without number', policy('portLevelSettings: [{tls: {}}]'), [`error ${P}.portLevelSettings[0]`]],
  ['a port without settings', policy('portLevelSettings: [{port: {number: 80}}]'), [`error ${P}.portLevelSettings[0]`]],
  ['a retry budget above all', policy('retryBudget: {percent: 101}'), [`error ${P}.retryBudget.percent`]],

  [
    'a pool with everything',
    policy(
      'connectionPool: {tcp: {maxConnections: 1, connectTimeout: 1s, idleTimeout: 0s, tcpKeepalive: {time: 1h}}, http: {maxRetries: 1, http2KeepAlive: {interval: 5s, timeout: 1s}}}',
    ),
    [],
  ],
  ['an empty pool', policy('connectionPool: {}'), [`error ${P}.connectionPool`]],
  [
    'a negative limit',
    policy('connectionPool: {http: {http2MaxRequests: -1}}'),
    [`error ${P}.connectionPool.http.http2MaxRequests`],
  ],
  [
    'an idle timeout of 0 for HTTP',
    policy('connectionPool: {http: {idleTimeout: 0s}}'),
    [`error ${P}.connectionPool.http.idleTimeout`],
  ],
  [
    'two minds about HTTP/2',
    policy('connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}}'),
    [`error ${P}.connectionPool.http`],
  ],
  [
    'half a keep-alive',
    policy('connectionPool: {http: {http2KeepAlive: {interval: 5s}}}'),
    [`error ${P}.connectionPool.http.http2KeepAlive`],
  ],

  ['outlier detection', policy('outlierDetection: {consecutive5xxErrors: 0, interval: 1s, maxEjectionPercent: 100}'), []],
  [
    'local failures that are not split',
    policy('outlierDetection: {consecutiveLocalOriginFailures: 5}'),
    [`error ${P}.outlierDetection.consecutiveLocalOriginFailures`],
  ],
  [
    'the deprecated count of errors',
    policy('outlierDetection: {consecutiveErrors: 5}'),
    [`warning ${P}.outlierDetection.consecutiveErrors`],
  ],
  [
    'a status that is none',
    policy('outlierDetection: {outlierDetectionHttpErrorCodes: [600]}'),
    [`error ${P}.outlierDetection.outlierDetectionHttpErrorCodes[0]`],
  ],

  ['a hash over a cookie', balancer('consistentHash: {httpCookie: {name: user, ttl: 0s}, maglev: {}}'), []],
  [
    'a hash over two things',
    balancer('consistentHash: {httpHeaderName: a, useSourceIp: true}'),
    [`error ${P}.loadBalancer.consistentHash`],
  ],
  [
    'two algorithms',
    balancer('consistentHash: {useSourceIp: true, ringHash: {}, maglev: {}}'),
    [`error ${P}.loadBalancer.consistentHash`],
  ],
  [
    'a table that is no prime',
    balancer('consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}'),
    [`error ${P}.loadBalancer.consistentHash.maglev.tableSize`],
  ],
  [
    'the deprecated ring size',
    balancer('consistentHash: {useSourceIp: true, minimumRingSize: 1024}'),
    [`warning ${P}.loadBalancer.consistentHash.minimumRingSize`],
  ],
  ['simple and hashed', balancer('simple: RANDOM, consistentHash: {useSourceIp: true}'), [`error ${P}.loadBalancer`]],
  ['an unknown algorithm', balancer('simple: FASTEST'), [`error ${P}.loadBalancer.simple`]],
  ['a warm-up without effect', balancer('simple: RANDOM, warmup: {duration: 1m}'), [`warning ${P}.loadBalancer`]],
  [
    'a warm-up from above 100 %',
    balancer('warmup: {duration: 1m, minimumPercent: 150}'),
    [`error ${P}.loadBalancer.warmup.minimumPercent`],
  ],

  ['shares of localities', balancer('localityLbSetting: {distribute: [{from: a/b/*, to: {a/b/*: 70, a/c/*: 30}}]}'), []],
  [
    'shares that are not 100',
    balancer('localityLbSetting: {distribute: [{from: a/*, to: {a/*: 70}}]}'),
    [`error ${P}.loadBalancer.localityLbSetting.distribute[0].to`],
  ],
  [
    'shares of names that look like wildcards',
    balancer('localityLbSetting: {distribute: [{from: a, to: {us*: 70, us-1: 30}}]}'),
    [],
  ],
  [
    'shares of localities within one another',
    balancer('localityLbSetting: {distribute: [{from: a, to: {a/b: 70, a/b/c: 30}}]}'),
    [`error ${P}.loadBalancer.localityLbSetting.distribute[0].to`],
  ],
  [
    'a wildcard inside',
    balancer('localityLbSetting: {distribute: [{from: "a/*/c", to: {a: 100}}]}'),
    [`error ${P}.loadBalancer.localityLbSetting.distribute`],
  ],
  [
    'distribute and failover',
    balancer(
      'localityLbSetting: {distribute: [{from: a, to: {a: 100}}], failover: [{from: a, to: b}]}',
      ', outlierDetection: {}',
    ),
    [`error ${P}.loadBalancer.localityLbSetting`],
  ],
  [
    'failover to the same region',
    balancer('localityLbSetting: {failover: [{from: a, to: a}]}', ', outlierDetection: {}'),
    [`error ${P}.loadBalancer.localityLbSetting.failover[0]`],
  ],
  [
    'failover without outlier detection',
    balancer('localityLbSetting: {failover: [{from: a, to: b}]}'),
    [`warning ${P}.loadBalancer.localityLbSetting`],
  ],
  [
    'failover by region twice',
    balancer(
      'localityLbSetting: {failover: [{from: a, to: b}], failoverPriority: [topology.kubernetes.io/region]}',
      ', outlierDetection: {}',
    ),
    [`error ${P}.loadBalancer.localityLbSetting.failoverPriority[0]`],
  ],
  ['locality and zones', balancer('localityLbSetting: {}, zoneAwareLbSetting: {}'), [`error ${P}.loadBalancer`]],

  ['mutual TLS from files', policy('tls: {mode: MUTUAL, clientCertificate: a, privateKey: b}'), []],
  ['mutual TLS from nothing', policy('tls: {mode: MUTUAL}'), [`error ${P}.tls`, `error ${P}.tls`]],
  [
    'a credential and a file',
    policy('tls: {mode: SIMPLE, credentialName: a, caCertificates: b}'),
    [`error ${P}.tls.caCertificates`],
  ],
  [
    "the mesh's TLS with a certificate",
    policy('tls: {mode: ISTIO_MUTUAL, clientCertificate: a}'),
    [`error ${P}.tls.clientCertificate`],
  ],
  [
    'names that are not verified',
    policy('tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]}'),
    [`error ${P}.tls.subjectAltNames`],
  ],
  [
    "another namespace's ConfigMap",
    policy('tls: {mode: SIMPLE, credentialName: "configmap://other/ca"}'),
    [`error ${P}.tls.credentialName`],
  ],
  ["the own namespace's ConfigMap", policy('tls: {mode: SIMPLE, credentialName: "configmap://shop/ca"}'), []],
]

testValidation('DestinationRule', rows)
