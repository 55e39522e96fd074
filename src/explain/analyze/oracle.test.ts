/**
 * Messages of an existing mesh's analyzers, as data outside this repository. The folder is $MIZZEN_ORACLE, or ../shared/oracle beside the
 * repository; without it there is nothing to compare with.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { Type } from 'typebox'
import { Parse } from 'typebox/value'
import { parse } from 'yaml'
import { readDocuments } from '../../source/files/read-documents.ts'
import { analyze } from './analyze.ts'
import { ANALYZERS } from './analyzers.ts'
import { resourcesOf, settingsFrom } from './input.ts'
import { World } from './world.ts'

const folder = path.join(
  process.env['MIZZEN_ORACLE'] ?? path.resolve(import.meta.dirname, '../../../../shared/oracle'),
  'analyze',
)
const skip = existsSync(folder) ? false : `no oracle in ${folder} (set MIZZEN_ORACLE)`

const Case = Type.Object({
  id: Type.String(),
  codes: Type.Array(Type.String()),
  sharedCodes: Type.Optional(Type.Array(Type.String())),
  inputs: Type.Optional(Type.Array(Type.String())),
  clusters: Type.Optional(Type.Record(Type.String(), Type.Array(Type.String()))),
  meshConfig: Type.Optional(Type.String()),
  meshNetworks: Type.Optional(Type.String()),
  expected: Type.Optional(Type.Array(Type.Object({ code: Type.String(), resource: Type.String() }))),
})
const cases = skip === false ? Parse(Type.Array(Case), parse(readFileSync(path.join(folder, 'cases.yaml'), 'utf8'))) : []

async function objects(files: readonly string[]) {
  const { documents } = await readDocuments(
    files.map(file => path.join(folder, file)),
    folder,
    Readable.from([]),
  )
  return resourcesOf(documents)
}

function settings(kind: 'MeshConfig' | 'MeshNetworks', file: string | undefined) {
  return file === undefined ? undefined : settingsFrom(kind, readFileSync(path.join(folder, file), 'utf8'), file)
}

for (const { id, codes, sharedCodes = [], inputs = [], clusters = {}, meshConfig, meshNetworks, expected = [] } of cases) {
  test(`analyze() says what Istio says of ${id}`, async () => {
    const others = await Promise.all(Object.entries(clusters).map(async ([name, files]) => [name, await objects(files)] as const))
    const world = new World({
      resources: await objects(['default-resources.yaml', ...inputs]),
      meshConfig: settings('MeshConfig', meshConfig),
      meshNetworks: settings('MeshNetworks', meshNetworks),
      clusters: new Map(others),
      now: Date.now(),
    })
    const line = (each: { code: string; resource: string }) => `${each.code} ${each.resource.replace(' default/', ' ')}`
    const got = analyze(world, ANALYZERS)
      .filter(({ code }) => codes.includes(code))
      .map(line)
    for (const each of expected.map(line)) {
      assert.ok(got.includes(each), `missing ${each}`)
      got.splice(got.indexOf(each), 1)
    }
    assert.deepEqual(
      got.filter(each => !sharedCodes.includes(each.slice(0, 7))),
      [],
      'too many',
    )
  })
}

test('the oracle was there', { skip }, () => assert.ok(cases.length > 40))
