/** Whatever Istio accepts compiles, and gives resources for every kind of proxy, without an exception. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../src/compile/mesh.ts'
import { NOWHERE } from '../../src/model/locality.ts'
import type { MeshProxy } from '../../src/model/proxy.ts'
import type { Capture } from '../../src/model/workload.ts'
import { ResourceCache, resourcesFor } from '../../src/xds/resources/proxy.ts'
import { fields, flag, labels, list, oracleFile, text, withoutOracle } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

const FILES = ['virtualservice', 'destinationrule', 'gateway', 'serviceentry', 'sidecar', 'workloadentry'].map(
  kind => `table-${kind}`,
)
const PORTS: Capture = { kind: 'ports', inbound: new Map(), httpProxy: 1, forwards: [] }

test('compile() and resourcesFor() do not throw for anything that Istio accepts', { skip: withoutOracle }, async t => {
  const rows = ['crd-documents', ...FILES].flatMap(file => list(oracleFile(`validate/${file}.yaml`)))
  assert.notEqual(rows.length, 0)
  for (const row of rows.filter(entry => flag(entry, 'valid'))) {
    const object = fields(row, 'object')
    await t.test(`${text(row, 'id')} ${text(row, 'name')}`, sub => {
      let objects: ReturnType<typeof rawObjects>
      try {
        objects = rawObjects([object])
      } catch {
        sub.todo('its schema is not implemented as a whole')
        return
      }
      const { mesh } = compile(objects)
      for (const proxy of proxies(object)) {
        for (const set of resourcesFor(mesh, proxy, new ResourceCache()).values()) assert.ok([...set.values()])
      }
    })
  }
})

function proxies(object: unknown): MeshProxy[] {
  const base = {
    id: 'any',
    namespace: text(fields(object, 'metadata'), 'namespace') || 'default',
    name: 'any',
    addresses: ['10.0.0.1'],
    locality: NOWHERE,
    network: '',
    node: '',
    serviceAccount: '',
    namedPorts: new Map<string, number>(),
    identity: true,
  }
  const own = labels(fields(object, 'spec'), 'selector')
  return [
    { ...base, kind: 'sidecar', labels: {}, capture: { kind: 'redirect' } },
    { ...base, kind: 'sidecar', labels: {}, capture: PORTS },
    { ...base, kind: 'gateway', labels: own, capture: { kind: 'redirect' } },
    { ...base, kind: 'grpc', labels: {}, capture: { kind: 'redirect' } },
  ]
}
