/** Bad input while a mesh serves: nothing dies, what was good keeps serving, and each mistake is reported with its place. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { LocalControlPlane, until } from './control-plane.ts'
import { Load } from './load.ts'
import { SmallMesh } from './small-mesh.ts'

const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{name: http, port: 80}]}\n`
const istio = (kind: string, name: string, spec: string) =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec:\n${spec}`

const MEGABYTE = 1024 * 1024

interface Mistake {
  readonly name: string
  readonly file: string
  readonly text: string
  /** Among what is reported; none: it is no mistake after all. */
  readonly report: string | undefined
}

const mistakes: readonly Mistake[] = [
  {
    name: 'YAML that does not parse',
    file: 'bad.yaml',
    text: `${service('good')}---\nkind: [\n`,
    report: 'yaml-syntax bad.yaml:7',
  },
  { name: 'a tab', file: 'bad.yaml', text: 'kind: Service\n\tname: x\n', report: 'yaml-tab bad.yaml:2' },
  {
    name: 'an unknown kind of a known group',
    file: 'bad.yaml',
    text: istio('VirtualServise', 'x', '  hosts: [echo]\n'),
    report: 'unknown-kind bad.yaml:2',
  },
  {
    name: 'an unknown field',
    file: 'bad.yaml',
    text: istio('VirtualService', 'x', '  hosts: [other]\n  htpp: []\n'),
    report: 'unknown-field bad.yaml:6',
  },
  {
    name: 'a route to a host that does not exist',
    file: 'bad.yaml',
    text: istio('VirtualService', 'x', '  hosts: [other]\n  http:\n    - route: [{destination: {host: nowhere}}]\n'),
    report: 'IST0101 bad.yaml:7',
  },
  { name: 'a second object of a name', file: 'twice.yaml', text: service('echo'), report: 'duplicate-object twice.yaml:1' },
  {
    name: 'a second object of a name, in one file',
    file: 'bad.yaml',
    text: `${service('two')}---\n${service('two')}`,
    report: 'duplicate-object bad.yaml:6',
  },
  {
    name: '10 MB of brackets',
    file: 'bad.yaml',
    text: '{"a": ['.repeat((10 * MEGABYTE) / 7),
    report: 'yaml-too-deep bad.yaml:1',
  },
  { name: 'bytes that are no text', file: 'bad.yaml', text: '\u0000\u0001\uFFFD: {', report: 'yaml-syntax bad.yaml:1' },
  {
    name: '10 MB of one object',
    file: 'large.yaml',
    text: `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: large}\ndata:\n  text: |\n${`    ${'x'.repeat(95)}\n`.repeat((10 * MEGABYTE) / 100)}`,
    report: undefined,
  },
]

describe('bad input while a mesh serves', () => {
  let mesh: SmallMesh
  let controlPlane: LocalControlPlane
  let load: Load
  before(async () => {
    mesh = await SmallMesh.create()
    await mesh.startSidecar('mizzen')
    controlPlane = await LocalControlPlane.start(mesh.directory, mesh.socket)
    await mesh.ready()
    load = new Load(mesh.ports, 'http://echo/', 4)
    await until('v1 answers everybody', () => load.all('v1'))
  })
  after(async () => {
    await load.stop()
    await controlPlane[Symbol.asyncDispose]()
    await mesh[Symbol.asyncDispose]()
  })

  /** A change made after it still arrives, so nothing is stuck; and no request failed on the way. */
  async function goesOn(): Promise<void> {
    await mesh.setWeights(0, 100)
    await until('v2 answers everybody', () => load.all('v2'))
    await mesh.setWeights(100, 0)
    await until('v1 answers everybody', () => load.all('v1'))
    assert.deepEqual(load.failures, [])
  }

  for (const { name, file, text, report } of mistakes) {
    it(`${name} ${report ? 'is reported' : 'is taken'}, and the rest goes on`, async () => {
      const revision = controlPlane.store.snapshot().revision
      await mesh.write(file, text)
      if (report) await until(`${report} is reported`, () => controlPlane.reports().includes(report))
      else await until('it is read', () => controlPlane.store.snapshot().revision > revision)
      await goesOn()
      await mesh.remove(file)
      await until('the report is gone', () => controlPlane.reports().length === 0)
    })
  }

  it('an edit that is not in order leaves the last good version of its file in effect', async () => {
    await mesh.write('virtual-service.yaml', istio('VirtualService', 'echo', '  hosts: [echo]\n  http: [{route: [\n'))
    await until('it is reported', () => controlPlane.reports().length > 0)
    assert.deepEqual(controlPlane.reports(), ['yaml-syntax virtual-service.yaml:7'])
    const requests = load.requests
    await until('requests were served since', () => load.requests > requests + 40)
    assert.ok(load.all('v1'))
    await goesOn()
    assert.deepEqual(controlPlane.reports(), [])
  })

  it('a directory with 3,000 objects is taken in while requests go on', async () => {
    for (let file = 0; file < 300; file++) {
      const names = Array.from({ length: 10 }, (_, n) => `many-${file}-${n}`)
      await mesh.write(`many-${file}.yaml`, names.map(service).join('---\n'))
    }
    await until('all are there', () => controlPlane.store.snapshot().objects.Service.length === 3001)
    await controlPlane.synced(1)
    await goesOn()
    assert.deepEqual(controlPlane.reports(), [])
  })
})
