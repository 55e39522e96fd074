/**
 * AuthorizationPolicies become filters that decide as Istio's do. The filters that Istio makes and ours are evaluated by one engine on a grid
 * of requests made from the values in the policies: each value, near misses, and none.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse, parseAllDocuments } from 'yaml'
import { compile } from '../../src/compile/mesh.ts'
import { meshSettings } from '../../src/compile/mesh-config.ts'
import { RbacRules, RbacStats } from '../../src/proxy/filters/rbac/rules.ts'
import type { Subject } from '../../src/proxy/filters/rbac/subject.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import { DynamicMetadata } from '../../src/proxy/metadata/dynamic.ts'
import { RBAC } from '../../src/xds/gen/envoy/extensions/filters/http/rbac/v3/rbac.ts'
import { RBAC as NetworkRbac } from '../../src/xds/gen/envoy/extensions/filters/network/rbac/v3/rbac.ts'
import { securityOf } from '../../src/xds/resources/security.ts'
import { accessFilters, authorizerFilters, connectionFilters } from '../../src/xds/resources/security-filters.ts'
import { bytesToJson, type JsonValue, jsonToBytes } from '../../src/xds/wire/json.ts'
import { fields, labels, oracleFolder, text, texts, withoutOracle } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

const folder = path.join(oracleFolder, 'authz')
const names = withoutOracle === false && existsSync(folder) ? readdirSync(folder) : []

/** A filter as both sides have it: name, type and settings as JSON. */
interface FilterText {
  readonly name: string
  readonly type: string
  readonly config: JsonObject
}

type JsonObject = { [name: string]: JsonValue }

for (const name of names) {
  test(`authz ${name} decides as Istio`, () => {
    const yaml = (file: string) => parse(readFileSync(path.join(folder, name, file), 'utf8'))
    const theCase = fields(yaml('case.yaml'))
    const policies = parseAllDocuments(readFileSync(path.join(folder, name, text(theCase, 'policies')), 'utf8'))
    const documents = policies.map(document => document.toJS())
    const ours = makeFilters(theCase, documents)
    const theirs = texts(theCase, 'expected').map(file => filterText(yaml(file)))
    assert.deepEqual(
      ours.map(filter => filter.type),
      theirs.map(filter => filter.type),
      'the same filters in the same order',
    )
    for (const [i, their] of theirs.entries()) {
      const our = ours[i]
      assert.ok(our)
      if (their.type.endsWith('.RBAC')) compareDecisions(our, their, documents)
      else assert.deepEqual(our.config, normalized(their), 'the same settings')
    }
  })
}

test('the oracle has authz cases', { skip: withoutOracle }, () => assert.ok(names.length > 0))

function makeFilters(theCase: unknown, documents: readonly unknown[]): FilterText[] {
  const workload = fields(theCase, 'workload')
  const config = {
    ...fields(theCase, 'meshConfig'),
    rootNamespace: 'no-root',
    ...(text(theCase, 'trustDomain') ? { trustDomain: text(theCase, 'trustDomain') } : {}),
    trustDomainAliases: texts(theCase, 'trustDomainAliases'),
  }
  const { settings, problems } = meshSettings(config)
  assert.deepEqual(problems, [])
  const { mesh } = compile(rawObjects([...documents, AUTHORIZER]), { settings })
  const base = {
    id: '',
    name: '',
    addresses: [],
    network: '',
    node: '',
    serviceAccount: '',
    namedPorts: new Map<string, number>(),
  }
  const security = securityOf(mesh, {
    ...base,
    kind: 'sidecar',
    namespace: text(workload, 'namespace'),
    labels: labels(workload, 'labels'),
    locality: { region: '', zone: '', subzone: '' },
    capture: { kind: 'redirect' },
    identity: true,
  })
  const connection = { settings, security, direction: 'inbound', statPrefix: '', routes: '' } as const
  const made =
    text(theCase, 'layer') === 'tcp'
      ? connectionFilters(security)
      : [...authorizerFilters(connection), ...accessFilters(connection)]
  return made.map(({ name, configType }) => {
    assert.equal(configType?.$case, 'typedConfig')
    const { typeUrl, value } = configType.value
    const type = typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
    return { name, type, config: jsonObject(bytesToJson(type, value)) }
  })
}

const AUTHORIZER = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'my-custom-ext-authz', namespace: 'foo' },
  spec: {
    ports: [
      { port: 9000, name: 'grpc' },
      { port: 8000, name: 'http' },
    ],
  },
}

function filterText(value: unknown): FilterText {
  const { '@type': type, ...config } = fields(value, 'typedConfig')
  return { name: text(value, 'name'), type: String(type).replace(/^.*\//, ''), config: jsonObject(config) }
}

/** YAML and messages give nothing that is not JSON. */
function jsonObject(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value))
}

/** Through the message and back: enums, durations and defaults in one spelling. */
function normalized({ type, config }: FilterText): unknown {
  return bytesToJson(type, jsonToBytes(type, config))
}

function compareDecisions(our: FilterText, their: FilterText, documents: readonly unknown[]): void {
  const [ours, theirs] = [engine(our), engine(their)]
  let compared = 0
  for (const subject of grid(documents)) {
    const [mine, wanted] = [ours(subject), theirs(subject)]
    assert.deepEqual(mine, wanted, JSON.stringify(subject.description))
    compared++
  }
  assert.ok(compared > 10)
}

function engine({ type, config }: FilterText): (subject: Subject) => unknown {
  const bytes = jsonToBytes(type, config)
  const message = type.includes('.network.') ? { ...NetworkRbac.decode(bytes), rulesStatPrefix: '' } : RBAC.decode(bytes)
  const rules = new RbacRules(message, new RbacStats())
  return subject => {
    const notes: Record<string, unknown> = {}
    const decision = rules.decide(subject, fields => Object.assign(notes, fields))
    return { allowed: decision?.allowed, policy: decision?.policy, notes }
  }
}

type Described = Subject & { readonly description: unknown }

/** Every value of the policies in every place where it could matter, alone and beside values that match everything else. */
function* grid(documents: readonly unknown[]): Generator<Described> {
  const values = new Set<string>([''])
  collect(documents, values)
  const candidates = [...values].flatMap(variants)
  for (const value of new Set(candidates)) {
    for (const place of PLACES) yield subject(place(value), { place: place.name, value })
  }
  // A request that everything positive in a rule may match, with one property changed at a time.
  const first = [...values].filter(value => value !== '' && !value.startsWith('not-') && !value.startsWith('*not-'))
  const random = lcg(7)
  for (let i = 0; i < 3000; i++) {
    const pick = () => {
      const options = variants(first[Math.floor(random() * first.length)] ?? '')
      return options[Math.floor(random() * options.length)] ?? ''
    }
    const parts = PLACES.filter(() => random() < 0.7).map(place => place(pick()))
    yield subject(Object.assign({}, ...parts), { parts })
  }
}

function lcg(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296
    return state / 4294967296
  }
}

function collect(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') into.add(value)
  else if (Array.isArray(value)) for (const entry of value) collect(entry, into)
  else if (typeof value === 'object' && value !== null) for (const entry of Object.values(value)) collect(entry, into)
}

function variants(value: string): string[] {
  const plain = value.replaceAll('{**}', 'a/b').replaceAll('{*}', 'a')
  const base = plain.replace(/^\*|\*$/g, '')
  const address = base.replace(/\.0\.0\/16$/, '.3.4').replace(/\.0\/24$/, '.7')
  return [value, base, `${base}x`, `x${base}`, `x${base}x`, base.slice(0, -1), base.toUpperCase(), address]
}

interface Parts {
  readonly principal?: string
  readonly headers?: readonly string[]
  readonly method?: string
  readonly host?: string
  readonly path?: string
  readonly source?: string
  readonly remote?: string
  readonly local?: string
  readonly port?: number
  readonly sni?: string
  readonly claims?: Readonly<Record<string, unknown>>
  readonly other?: string
}

const PLACES: readonly ((value: string) => Parts)[] = [
  function principal(value) {
    return { principal: `spiffe://${value}` }
  },
  function namespace(value) {
    return { principal: `spiffe://td/ns/${value}/sa/a` }
  },
  function account(value) {
    const [ns, sa] = value.includes('/') ? value.split('/') : ['foo', value]
    return { principal: `spiffe://td/ns/${ns}/sa/${sa}` }
  },
  function header(value) {
    return { headers: ['x-header', value] }
  },
  function method(value) {
    return { method: value }
  },
  function host(value) {
    return { host: value }
  },
  function urlPath(value) {
    return { path: value }
  },
  function query(value) {
    return { path: `${value}?a=b` }
  },
  function source(value) {
    return { source: value }
  },
  function remote(value) {
    return { remote: value }
  },
  function local(value) {
    return { local: value }
  },
  function port(value) {
    return { port: Number(value) || 0 }
  },
  function sni(value) {
    return { sni: value }
  },
  function requestPrincipal(value) {
    const at = value.lastIndexOf('/')
    return { claims: { iss: at < 0 ? value : value.slice(0, at), sub: at < 0 ? 'x' : value.slice(at + 1) } }
  },
  function issuerAlone(value) {
    return { claims: { iss: value, sub: '' } }
  },
  function audience(value) {
    return { claims: { aud: [value, 'z'], azp: value } }
  },
  function claim(value) {
    return { claims: { nested1: { nested2: value }, iss: value } }
  },
  function other(value) {
    return { other: value }
  },
]

function subject(parts: Parts, description: unknown): Described {
  const metadata = new DynamicMetadata()
  if (parts.claims) metadata.merge('envoy.filters.http.jwt_authn', { payload: parts.claims })
  if (parts.other) metadata.merge('envoy.filters.a.b', { c: parts.other })
  return {
    head: {
      protocol: 'HTTP/1.1',
      method: parts.method ?? 'GET',
      scheme: 'http',
      authority: parts.host ?? '',
      path: parts.path ?? '/',
      headers: new HeaderList([...(parts.headers ?? [])]),
      upgrade: undefined,
    },
    facts: {
      remoteAddress: parts.source ?? '127.0.0.1',
      localAddress: parts.local ?? '127.0.0.1',
      localPort: parts.port ?? 1,
      serverName: parts.sni ?? '',
    },
    remoteAddress: parts.remote ?? '127.0.0.1',
    principals: parts.principal === undefined ? undefined : [parts.principal],
    metadata,
    description,
  }
}
