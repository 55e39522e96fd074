/** Whatever a file holds: reading it does not throw, and everything said of it has a place in the text. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { readContents } from './contents.ts'

const seedText = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: catalog, namespace: shop, labels: {app: catalog}}
spec:
  hosts: [catalog]
  http:
    - match: [{uri: {prefix: /a}, headers: {x: {exact: y}}}]
      route: [{destination: {host: catalog, subset: v1, port: {number: 80}}, weight: 90}, {destination: {host: catalog}, weight: 10}]
      retries: {attempts: 2, retryOn: 5xx}
      timeout: 2s
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: catalog}
spec:
  host: catalog
  trafficPolicy: {loadBalancer: {localityLbSetting: {distribute: [{from: a/*, to: {a/*: 100}}]}}, outlierDetection: {interval: 1s}}
  subsets: [{name: v1, labels: {version: v1}}]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: front}
spec: {servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ['*'], tls: {mode: SIMPLE, credentialName: a}}]}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: out}
spec: {hosts: [a.com], resolution: STATIC, endpoints: [{address: 1.1.1.1, ports: {http: 80}}], ports: [{number: 80, name: http}]}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: all}
spec: {egress: [{hosts: ['*/*']}], ingress: [{port: {number: 80}, defaultEndpoint: '127.0.0.1:80'}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: catalog}
spec: {template: {spec: {containers: [{name: a, env: [{name: A, value: b}], readinessProbe: {httpGet: {port: http}}}]}}}
`

/** Mulberry32: the same numbers each time. */
function randomFrom(seed: number): (below: number) => number {
  return below => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const tokens = [
  '\t',
  '\n',
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a',
  '*a',
  '|',
  '---\n',
  '%',
  '#',
  '!!',
  '<<: ',
  '\0',
  '\uFEFF',
  '{{',
  '}}',
  '💥',
  '0',
  '-1',
  '1e999',
  'null',
  '~',
]
const strange: unknown[] = [
  null,
  '',
  0,
  -1,
  1e21,
  true,
  [],
  {},
  [null],
  { a: null },
  'x'.repeat(300),
  '*',
  '%',
  '\n',
  Number.NaN,
  { __proto__: null, toString: 1 },
]

/** Some characters of the text removed, doubled or replaced. */
function damaged(text: string, random: (below: number) => number): string {
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(text.length)
    const length = random(12)
    const token = random(3) === 0 ? text.slice(at, at + length) : (tokens[random(tokens.length)] ?? '')
    text = text.slice(0, at) + token + text.slice(at + (random(2) === 0 ? length : 0))
  }
  return text
}

/** Another value somewhere in the object, so that YAML is in order and the shape is not. */
function distorted(value: unknown, random: (below: number) => number): unknown {
  if (random(6) === 0) return strange[random(strange.length)]
  if (Array.isArray(value)) return value.length === 0 ? value : value.with(random(value.length), distorted(value[0], random))
  if (typeof value !== 'object' || value === null) return strange[random(strange.length)]
  const entries = Object.entries(value)
  const chosen = random(Math.max(1, entries.length))
  return Object.fromEntries(entries.map(([key, entry], index) => [key, index === chosen ? distorted(entry, random) : entry]))
}

async function check(text: string, about: string): Promise<void> {
  const lines = text.split('\n').length
  for (const file of ['a.yaml', 'a.json']) {
    const { documents } = await readContents(file, text, false).catch(error => assert.fail(`${about}: ${error}\n${text}`))
    for (const diagnostic of documents.flatMap(document => document.diagnostics)) {
      assert.ok(
        diagnostic.line >= 1 && diagnostic.line <= lines && diagnostic.column >= 1,
        `${about}: ${JSON.stringify(diagnostic)}`,
      )
    }
  }
}

test('readContents() never throws when characters of a file are damaged', async () => {
  for (let seed = 0; seed < 500; seed++) await check(damaged(seedText, randomFrom(seed)), `seed ${seed}`)
})

test('readContents() never throws when values have another shape than the schema says', async () => {
  const documents = seedText.split('---\n').map(text => parse(text) as unknown)
  for (let seed = 0; seed < 1000; seed++) {
    const random = randomFrom(seed)
    await check(stringify(distorted(documents[seed % documents.length], random)), `seed ${seed}`)
  }
})
