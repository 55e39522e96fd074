/**
 * The CRDs that `mizzen crds` prints, before the code of a real API server: it takes all of them, takes every object that mizzen takes, and
 * refuses what the CRDs of Istio refuse.
 */
import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { Parse } from 'typebox/value'
import { parse, parseAllDocuments } from 'yaml'
import { definedKinds, definition } from '../../src/api/crd/definition.ts'
import { originWithoutFile } from '../../src/api/object.ts'
import { readObject } from '../../src/api/read.ts'
import { kinds } from '../../src/api/registry.ts'
import { buildJudge } from './crd-judge.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const folder = path.join(process.env['MIZZEN_ORACLE'] ?? path.resolve(repository, '../shared/oracle'), 'validate')
const built = buildJudge()
const skip = typeof built === 'string' ? built : false
after(() => typeof built === 'string' || built.remove())

const crds = definedKinds.map(definition)
const apiVersions = new Set(definedKinds.flatMap(id => kinds[id].versions.map(version => `${kinds[id].group}/${version}`)))

const Head = Type.Object({ apiVersion: Type.String(), kind: Type.String() }, { additionalProperties: Type.Unknown() })
const Cases = Type.Array(
  Type.Object({
    id: Type.String(),
    valid: Type.Boolean(),
    schemaError: Type.Optional(Type.String()),
    object: Type.Object({ apiVersion: Type.Optional(Type.String()) }, { additionalProperties: Type.Unknown() }),
  }),
)

function verdicts(objects: readonly unknown[]) {
  assert.ok(typeof built !== 'string')
  return built.judge(crds, objects)
}

test('an API server takes every CRD', { skip }, () => {
  const refused = verdicts([]).crds.flatMap((errors, i) => errors.map(error => `${crds[i]?.metadata.name}: ${error}`))
  assert.deepEqual(refused, [])
})

test('the CRDs take every sound object of the examples, the documentation and the golden cases', { skip }, () => {
  const files = globSync(['examples/**/*.yaml', 'test/golden/cases/*.in.yaml'], { cwd: repository })
  const documents = files.flatMap(file =>
    parseAllDocuments(readFileSync(path.join(repository, file), 'utf8')).map((each): [string, unknown] => [file, each.toJS()]),
  )
  const sound = documents.filter(([, each]) => isOfMesh(each) && readObject(each, originWithoutFile('test')).object)
  assert.ok(sound.length > 50, `only ${sound.length} objects`)
  const { objects } = verdicts(sound.map(([, each]) => each))
  const refused = objects.flatMap((errors, i) =>
    errors.length === 0 ? [] : [{ file: sound[i]?.[0], errors, object: sound[i]?.[1] }],
  )
  assert.deepEqual(refused, [])
})

function isOfMesh(document: unknown): boolean {
  return (
    typeof document === 'object' && document !== null && 'apiVersion' in document && apiVersions.has(String(document.apiVersion))
  )
}

const withoutOracle = existsSync(folder) ? skip : `no oracle in ${folder} (set MIZZEN_ORACLE)`

test("the CRDs refuse what Istio's refuse, and take what they take", { skip: withoutOracle }, () => {
  const files = readdirSync(folder).filter(name => name.endsWith('.yaml') && name !== 'values.yaml')
  const cases = files
    .flatMap(name => Parse(Cases, parse(readFileSync(path.join(folder, name), 'utf8'))))
    .filter(each => isOfMesh(each.object))
  // Of a case that is not valid it is known only where it says so whether the schema or admission refuses it.
  const known = cases.filter(each => each.valid || each.schemaError !== undefined)
  assert.ok(known.length > 150, `only ${known.length} cases`)
  const { objects } = verdicts(known.map(each => Parse(Head, each.object)))
  const wrong = known.flatMap(({ id, valid }, i) => {
    const errors = objects[i] ?? []
    return (errors.length === 0) === valid ? [] : [{ id, valid, errors }]
  })
  assert.deepEqual(wrong, [])
})
