/** explain() answers whatever it is asked, of whatever configuration compiles: it never throws and its shares add up. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../compile/mesh.ts'
import { seededRandom } from '../../lib/random.ts'
import { objectsOf, readContents } from '../../source/files/contents.ts'
import { Store } from '../../source/store.ts'
import { withHypotheticalPods } from '../hypothetical-pods.ts'
import { proxyNamed } from '../proxies.ts'
import type { Call } from './call.ts'
import { callFor } from './destination.ts'
import { Explainer } from './explain.ts'
import { answerText } from './text.ts'

type Random = () => number

function one<T>(random: Random, list: readonly [T, ...T[]]): T {
  return list[Math.floor(random() * list.length)] ?? list[0]
}

const NAMES = ['a', 'b', 'c'] as const
const host = (random: Random) => one(random, ['a', 'b', 'c.default', 'nowhere', 'api.example', '*.example'])

function service(random: Random, name: string): string {
  const protocol = one(random, ['http', 'grpc', 'tcp', 'https', 'x'])
  const port = one(random, [80, 443, 9000])
  const replicas = Math.floor(random() * 3)
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {selector: {app: ${name}}, ${random() < 0.2 ? 'clusterIP: None, ' : ''}ports: [{name: ${protocol}, port: ${port}, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}, version: ${one(random, ['v1', 'v2'])}}}
    spec: {containers: [{name: app, image: app}]}
`
}

function rule(random: Random): string {
  const match = one(random, [
    '',
    'match: [{uri: {prefix: /x}}], ',
    'match: [{uri: {exact: /a}, headers: {x-user: {exact: ann}}}], ',
    "match: [{uri: {regex: '/[a-z]+'}}, {queryParams: {q: {exact: '1'}}}], ",
    'match: [{withoutHeaders: {x-user: {}}}], ',
  ])
  const destination = () =>
    `{destination: {host: ${host(random).replace('*', 'w')}, ${random() < 0.5 ? 'subset: v1' : ''}}, weight: ${Math.floor(random() * 3)}}`
  const action = one(random, [
    `route: [${destination()}, ${destination()}]`,
    `route: [${destination()}], mirror: {host: a}, timeout: 1s, rewrite: {uri: /new}`,
    'redirect: {uri: /there}',
    'directResponse: {status: 204}',
    `fault: {abort: {httpStatus: 500, percentage: {value: 40}}, delay: {fixedDelay: 1s, percentage: {value: 50}}}, route: [{destination: {host: a}}]`,
  ])
  return `{${match}${action}}`
}

function routes(random: Random, i: number): string {
  const rules = Array.from({ length: 1 + Math.floor(random() * 3) }, () => rule(random))
  const gateways = random() < 0.4 ? 'gateways: [mesh, gw], ' : ''
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs-${i}}
spec: {hosts: ["${host(random)}"], ${gateways}http: [${rules.join(', ')}]}
`
}

function policy(random: Random, name: string): string {
  const balancer = one(random, [
    'simple: RANDOM',
    'simple: ROUND_ROBIN',
    'consistentHash: {httpHeaderName: x-user}',
    'consistentHash: {maglev: {}, useSourceIp: true}',
  ])
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}}
spec: {host: ${name}, trafficPolicy: {loadBalancer: {${balancer}}}, subsets: [{name: v1, labels: {version: v1}}]}
`
}

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  selector: {istio: ingressgateway}
  servers:
    - {port: {number: 80, name: http, protocol: HTTP}, hosts: ["*"]}
    - {port: {number: 443, name: https, protocol: HTTPS}, hosts: ["*.example"], tls: {mode: SIMPLE, credentialName: none}}
`

function configuration(random: Random): string {
  const parts = NAMES.map(name => service(random, name))
  for (let i = 0; i < 3; i++) parts.push(routes(random, i))
  for (const name of NAMES) if (random() < 0.5) parts.push(policy(random, name))
  if (random() < 0.5) parts.push(GATEWAY)
  if (random() < 0.2)
    parts.push(
      '\napiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: s}\nspec: {egress: [{hosts: ["./b.default.svc.cluster.local"]}]}\n',
    )
  return parts.join('---')
}

function call(random: Random): Call {
  return {
    mode: one(random, ['direct', 'inbound', 'outbound']),
    address: one(random, ['10.244.0.1', '0.0.0.0', '::1', '203.0.113.9', 'what']),
    port: one(random, [0, 80, 443, 8080, 9000, 15001, 15006]),
    protocol: one(random, ['http', 'http2', 'tcp']),
    tls: one(random, ['plaintext', 'tls', 'mtls']),
    sni: one(random, ['', 'a', 'x.example', 'outbound_.80_._.a.default.svc.cluster.local']),
    alpn: one(random, [[], ['h2'], ['istio-http/1.1', 'istio'], ['istio']]),
    host: one(random, ['', 'a', 'A:80', '[::1]:80', 'x.example', 'b..', '\u0000']),
    path: one(random, ['', '/', '/a', '/a?q=1', '*', '/%2e%2e/', '//x', '/x?'.repeat(300)]),
    method: one(random, ['GET', 'CONNECT', 'OPTIONS', '']),
    headers: one(random, [
      [],
      [['x-user', 'ann']],
      [
        ['grpc-timeout', '1S'],
        ['content-type', 'application/grpc'],
      ],
    ]),
    ...(random() < 0.1 && { upgrade: 'websocket' }),
    ...(random() < 0.3 && { mtlsSecret: 'default' }),
  }
}

test('explain() never throws, and what may happen adds up to 1', async () => {
  const errors = new Set<string>()
  for (let seed = 1; seed <= 25; seed++) {
    const random = seededRandom(seed)
    const contents = await readContents('fuzz.yaml', configuration(random), false)
    const store = new Store()
    store.source().publish(objectsOf(contents))
    const { mesh } = compile(withHypotheticalPods(store.snapshot().objects))
    const explainer = new Explainer(mesh)
    const callers = [...mesh.workloads.values()].map(({ namespace, name }) => `${namespace}/${name}`)
    for (let i = 0; i < 60; i++) {
      const from = callers[Math.floor(random() * callers.length)] ?? ''
      const proxy = proxyNamed(mesh, from)
      const url = `${one(random, ['http', 'https', 'grpc', 'ws', 'tcp', 'tls'])}://${one(random, NAMES)}:${one(random, [80, 443, 9000])}/a`
      const asked = random() < 0.5 ? callFor(mesh, proxy, { url, headers: [['x-user', 'ann']] }).call : call(random)
      const answer = await explainer.explain(proxy, asked, true)
      errors.add(answer.error ?? 'none')
      const shares = answer.outcomes.reduce((sum, { share }) => sum + share, 0)
      assert.ok(
        answer.outcomes.length === 0 ? answer.error !== null : Math.abs(shares - 1) < 1e-9,
        `seed ${seed}: ${JSON.stringify(asked)}`,
      )
      for (const { action } of answer.outcomes)
        if (action.kind === 'forward')
          assert.ok(
            Math.abs(action.endpoints.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9,
            `seed ${seed}: ${JSON.stringify(action)}`,
          )
      assert.ok(answerText(answer, asked, from, [], text => text).endsWith('\n'))
      JSON.parse(JSON.stringify(answer))
    }
  }
  assert.ok(errors.size >= 5, `only ${[...errors].join(', ')} came up`)
})
