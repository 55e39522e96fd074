/** The tables about what a namespace sees: each has objects or services of its own, compiled into a mesh. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../src/compile/mesh.ts'
import type { Mesh } from '../../src/model/mesh.ts'
import { parseProtocol } from '../../src/model/protocol.ts'
import { gatewayRoutes, visibleRoutes } from '../../src/model/route-lookup.ts'
import { makeScope } from '../../src/model/scope.ts'
import type { Resolution, Service } from '../../src/model/service.ts'
import { DEFAULT_SETTINGS } from '../../src/model/settings.ts'
import { trafficRuleFor } from '../../src/model/traffic-rule-lookup.ts'
import { isVisible, visibility } from '../../src/model/visibility.ts'
import { fields, labels, list, number, oracleFile, text, texts, withoutOracle } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

function meshOf(objects: readonly unknown[], rootNamespace: string, domainSuffix: string): Mesh {
  return compile(rawObjects(objects), { settings: { ...DEFAULT_SETTINGS, rootNamespace, domainSuffix } }).mesh
}

const RESOLUTIONS: readonly Resolution[] = ['endpoints', 'dns', 'original', 'dns-round-robin']

function service(value: unknown): Service {
  const attributes = fields(value, 'attributes')
  const namespace = text(attributes, 'namespace')
  return {
    hostname: text(value, 'hostname'),
    namespace,
    name: text(attributes, 'name'),
    ports: list(value, 'ports').map(port => ({
      name: text(port, 'name'),
      number: number(port, 'port'),
      protocol: parseProtocol(text(port, 'protocol')),
      target: number(port, 'port'),
    })),
    addresses: [],
    resolution: RESOLUTIONS[number(value, 'resolution')] ?? 'endpoints',
    headless: false,
    external: false,
    platform: text(attributes, 'serviceRegistry') === 'Kubernetes',
    selector: Object.keys(labels(attributes, 'labelSelectors')).length > 0 ? labels(attributes, 'labelSelectors') : undefined,
    exportTo: visibility(texts(attributes, 'exportTo'), namespace, ['*']),
    aliases: [],
    subjectAltNames: [],
    trafficDistribution: undefined,
    mapsGatewayPorts: true,
    created: text(value, 'creationTimestamp'),
    origin: { object: `Service ${text(attributes, 'name')}`, path: '', file: '', line: 0, rule: '' },
  }
}

test('trafficRuleFor() agrees with Istio on exported DestinationRules', { skip: withoutOracle }, async t => {
  const table = oracleFile('semantics/destinationrule-export-to.yaml')
  const mesh = meshOf(list(table, 'objects'), 'istio-system', 'cluster.local')
  for (const row of list(table, 'rows')) {
    await t.test(JSON.stringify(row), () => {
      const client = { namespace: text(row, 'proxyNs'), labels: {} }
      const rule = trafficRuleFor(mesh, client, { hostname: text(row, 'host'), namespace: text(row, 'serviceNs') })
      assert.deepEqual((rule?.subsets ?? []).map(subset => subset.name).sort(), texts(row, 'wantSubsets').sort())
    })
  }
})

test('visibleRoutes() agrees with Istio on exported VirtualServices', { skip: withoutOracle }, async t => {
  const table = oracleFile('semantics/virtualservice-export-to.yaml')
  const mesh = meshOf(list(table, 'objects'), 'zzz', 'cluster.local')
  for (const row of list(table, 'rows')) {
    await t.test(JSON.stringify(row), () => {
      const sets = gatewayRoutes(visibleRoutes(mesh.routes, text(row, 'proxyNs')), text(row, 'gateway'))
      assert.deepEqual(sets.flatMap(set => set.hosts).sort(), texts(row, 'wantHosts').sort())
    })
  }
})

test('isVisible() agrees with Istio on exported services', { skip: withoutOracle }, async t => {
  const table = oracleFile('semantics/service-export-to.yaml')
  const services = list(table, 'services').map(service)
  for (const row of list(table, 'rows')) {
    await t.test(text(row, 'proxyNs'), () => {
      const seen = services.filter(entry => isVisible(entry.exportTo, text(row, 'proxyNs'))).map(entry => entry.hostname)
      assert.deepEqual(seen.sort(), texts(row, 'wantHosts').sort())
    })
  }
})

test('makeScope() agrees with Istio on Sidecars', { skip: withoutOracle }, async t => {
  const table = oracleFile('semantics/sidecar-scope.yaml')
  for (const row of list(table, 'rows')) {
    await t.test(text(row, 'name'), () => {
      const config = row && fields(row, 'sidecarConfig')
      const hasConfig = Object.keys(config ?? {}).length > 0
      const objects = [...list(table, 'objects'), ...list(row, 'virtualServices'), ...(hasConfig ? [config] : [])]
      const compiled = meshOf(objects, 'istio-system', '')
      // Services are given in the form of the model; the position in the table is their age.
      const mesh = { ...compiled, services: list(row, 'services').map(service) }
      const scope = makeScope(mesh, 'mynamespace', mesh.sidecars[0])
      const seen = scope.services.map(entry => ({
        hostname: entry.hostname,
        namespace: entry.namespace,
        ports: entry.ports.map(port => port.number),
      }))
      const wanted = list(row, 'expectedServices').map(value => {
        const { hostname, namespace, ports } = service(value)
        return { hostname, namespace, ports: ports.map(port => port.number) }
      })
      const order = (a: { hostname: string }, b: { hostname: string }) => (a.hostname < b.hostname ? -1 : 1)
      assert.deepEqual(seen.sort(order), wanted.sort(order))
      const expected = fields(row, 'expectedDr')
      if (Object.keys(expected).length === 0) return
      const client = { namespace: 'mynamespace', labels: labels(fields(config, 'metadata'), 'labels') }
      const rule = trafficRuleFor(mesh, client, { hostname: 'httpbin.org', namespace: 'mynamespace' })
      const spec = fields(expected, 'spec')
      assert.deepEqual(rule?.clients ?? {}, labels(fields(spec, 'workloadSelector'), 'matchLabels'))
      assert.deepEqual(
        rule?.subsets.map(subset => subset.name),
        list(spec, 'subsets').map(subset => text(subset, 'name')),
      )
      assert.equal(
        rule?.policy?.outliers?.consecutive5xx,
        fields(fields(spec, 'trafficPolicy'), 'outlierDetection')['consecutive5xxErrors'],
      )
    })
  }
})
