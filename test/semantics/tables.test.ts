/** The tables of small pure functions, row by row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Findings } from '../../src/api/findings.ts'
import type { HTTPMatchRequest, HTTPRoute } from '../../src/api/istio/virtualservice/schema.ts'
import { HTTPMatchRequest as MatchSchema, HTTPRoute as RouteSchema } from '../../src/api/istio/virtualservice/schema.ts'
import { fits } from '../../src/api/schema/check.ts'
import { conflicts, mergeMatches, mergeRoute } from '../../src/compile/delegate.ts'
import { compilePeerAuthentication } from '../../src/compile/peer-authentication.ts'
import { compareAge } from '../../src/model/age.ts'
import {
  compareSpecificity,
  fullHostName,
  hostsForNamespace,
  hostsMatch,
  intersectHosts,
  isSubset,
  mostSpecific,
  parseScopedHost,
} from '../../src/model/host.ts'
import { hasLabels, selects } from '../../src/model/labels.ts'
import { peerModes } from '../../src/model/peer-policy.ts'
import { parseProtocol, portProtocol } from '../../src/model/protocol.ts'
import { isVisible, underCeiling, visibility } from '../../src/model/visibility.ts'
import { outboundCluster, parseSubsetKey } from '../../src/xds/resources/names.ts'
import { fields, flag, labels, list, number, oracleFile, text, texts, withoutOracle } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

/** @returns why the row is still to be done, or nothing */
type Row = (row: unknown) => string | undefined

function table(name: string, check: Row): void {
  const rows = list(oracleFile(`semantics/${name}.yaml`), 'rows')
  test(`${name} agrees with Istio`, { skip: withoutOracle }, async t => {
    assert.notEqual(rows.length, 0, 'the table has rows')
    for (const [i, row] of rows.entries()) {
      await t.test(`${i} ${text(row, 'name') || text(row, 'description') || JSON.stringify(row)}`.slice(0, 120), sub => {
        const reason = check(row)
        if (reason) sub.todo(reason)
      })
    }
  })
}

table('host-matches', row => void assert.equal(hostsMatch(text(row, 'a'), text(row, 'b')), flag(row, 'out')))
table('host-subset-of', row => void assert.equal(isSubset(text(row, 'a'), text(row, 'b')), flag(row, 'out')))
table(
  'host-more-specific',
  row => void assert.equal(compareSpecificity(text(row, 'host1'), text(row, 'host2')) <= 0, flag(row, 'expected')),
)
table('hosts-sort-order', row => void assert.deepEqual(texts(row, 'in').sort(compareSpecificity), texts(row, 'want')))
table(
  'hosts-intersection',
  row => void assert.deepEqual(intersectHosts(texts(row, 'a'), texts(row, 'b')).sort(), texts(row, 'intersection').sort()),
)
table('hosts-for-namespace', row => {
  const scoped = texts(row, 'hosts').map(host => parseScopedHost(host, ''))
  assert.deepEqual(hostsForNamespace(scoped, text(row, 'namespace')), texts(row, 'want'))
  return undefined
})
table(
  'most-specific-host',
  row => void assert.equal(mostSpecific(text(row, 'needle'), texts(row, 'in')) ?? '', text(row, 'want')),
)
table('shortname-to-fqdn', row => {
  const { namespace = '', domain = '' } = labels(row, 'meta')
  // The table expands "foo" in a domain without a namespace to "foo.svc.<domain>".
  assert.equal(fullHostName(text(row, 'name'), namespace, domain), text(row, 'out'))
  return undefined
})
table('labels-subset', row => {
  const [left, right, expected] = [labels(row, 'left'), labels(row, 'right'), fields(row, 'expected')]
  assert.equal(hasLabels(right, left), flag(expected, 'subsetOf'))
  assert.equal(selects(left, right), flag(expected, 'selected'))
  return undefined
})
table('protocol-parse', row => void assert.equal(name(parseProtocol(text(row, 'name'))), text(row, 'out')))
for (const file of ['service-port-protocol', 'service-port-protocol-2']) {
  table(file, row => {
    const declaration = {
      number: number(row, 'port'),
      name: text(row, 'portName') || text(row, 'name').replace(/^.* .*$/, ''),
      transport: text(row, 'proto'),
      appProtocol: text(row, 'appProto') || text(row, 'appProtocol') || undefined,
    }
    assert.equal(name(portProtocol(declaration)), text(row, 'expectedProto') || text(row, 'out'))
    return undefined
  })
}
table('peerauthentication-compose', row => {
  const policies = rawObjects(list(row, 'configs')).PeerAuthentication.map(compilePeerAuthentication)
  const modes = peerModes(policies.sort(compareAge), 'root-namespace', { namespace: 'my-ns', labels: { app: 'foo' } })
  const wanted = fields(row, 'want')
  assert.equal(modes.mode.toUpperCase(), text(wanted, 'mode'))
  for (const [name, value] of Object.entries(wanted)) {
    if (name === 'mode') continue
    const ports = [...modes.ports].map(([port, mode]) => [String(port), mode.toUpperCase()])
    assert.deepEqual(Object.fromEntries(ports), value, name)
  }
  return undefined
})
const CEILINGS = ['public', 'namespace', 'none'] as const
table('service-visible', row => {
  const context = fields(row, 'pushContext')
  const attributes = fields(fields(row, 'service'), 'attributes')
  const namespace = text(attributes, 'namespace')
  const declared = visibility(texts(attributes, 'exportTo'), namespace, texts(fields(context, 'exportToDefaults'), 'service'))
  const applies = flag(fields(fields(context, 'mesh'), 'serviceEntryVisibility'), 'applyToSidecars')
  const ceiling = applies ? CEILINGS[number(attributes, 'visibility')] : undefined
  assert.equal(isVisible(underCeiling(declared, namespace, ceiling ?? 'public'), 'foo'), flag(row, 'expect'))
  return undefined
})
table(
  'subset-key-build',
  row => void assert.equal(outboundCluster(number(row, 'port'), text(row, 'subset'), text(row, 'hostname')), text(row, 'want')),
)
table('subset-key-parse', row => {
  const key = parseSubsetKey(text(row, 'input'))
  assert.deepEqual(
    [key?.direction ?? '', key?.subset ?? '', key?.host ?? '', key?.port ?? 0],
    [text(row, 'direction'), text(row, 'subsetName'), text(row, 'hostname'), number(row, 'port')],
  )
  return undefined
})
table('subset-key-valid', row => void assert.equal(parseSubsetKey(text(row, 'subsetkey')) === undefined, flag(row, 'expectErr')))
table(
  'virtualservice-delegate-conflict',
  row => void assert.equal(conflicts(match(fields(row, 'root')), match(fields(row, 'leaf'))), flag(row, 'expected')),
)
table('virtualservice-delegate-match-merge', row => {
  const merged = mergeMatches(list(row, 'root').map(match), list(row, 'delegate').map(match))
  assert.deepEqual(merged ?? [], list(row, 'expected'))
  return undefined
})
table('virtualservice-delegate-route-merge', row => {
  const root = route(fields(row, 'root'))
  const merged = list(row, 'delegate').flatMap(leaf => mergeRoute(root, route(leaf)) ?? [])
  assert.deepEqual(merged, list(row, 'expected'))
  return undefined
})

function name(protocol: string): string {
  return protocol === 'auto' ? 'UnsupportedProtocol' : protocol
}

function match(value: unknown): HTTPMatchRequest {
  const findings = new Findings()
  if (fits(MatchSchema, value, findings)) return value
  throw new Error(JSON.stringify(findings.all))
}

function route(value: unknown): HTTPRoute {
  const findings = new Findings()
  if (fits(RouteSchema, value, findings)) return value
  throw new Error(JSON.stringify(findings.all))
}
