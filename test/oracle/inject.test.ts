/**
 * Injection as an existing mesh does it, as data outside this repository: workloads before and after. The folder is $MIZZEN_ORACLE, or
 * ../shared/oracle beside the repository.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { type Fields, fieldsOf, isFields, listOf } from '../../src/kubernetes/inject/fields.ts'
import { injectObject } from '../../src/kubernetes/inject/resource.ts'
import { documents, readCase, settingsOf } from './inject-case.ts'
import { factsOf } from './inject-facts.ts'

const folder = path.join(process.env['MIZZEN_ORACLE'] ?? path.resolve(import.meta.dirname, '../../../shared/oracle'), 'inject')
const cases = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory()) : []

for (const { name } of cases) {
  test(`injectObject() does what the oracle's case ${name} says`, () => {
    const directory = path.join(folder, name)
    const given = readCase(directory)
    const inputs = documents(path.join(directory, given.input))
    const run = () => inputs.map(input => injectObject(input, settingsOf(directory, given)).object)
    if (given.expectedError !== undefined) {
      const expected = given.expectedError
      assert.throws(run, (error: unknown) => error instanceof Error && error.message.toLowerCase().includes(expected))
      return
    }
    const expected = documents(path.join(directory, given.expected ?? '')).flatMap(podsOf)
    const injected = run().flatMap(podsOf)
    assert.deepEqual(injected.map(factsOf), expected.map(factsOf))
  })
}

test('injection is compared with an oracle', {
  skip: cases.length > 0 ? false : `no oracle in ${folder} (set MIZZEN_ORACLE)`,
}, () => {})

function podsOf(object: unknown): readonly Fields[] {
  if (!isFields(object)) return []
  if (Array.isArray(object['items'])) return listOf(object['items']).flatMap(podsOf)
  const spec = fieldsOf(object['spec'])
  if (object['kind'] === 'Pod') return [object]
  const template = spec['template'] ?? fieldsOf(fieldsOf(spec['jobTemplate'])['spec'])['template']
  return isFields(template) ? [template] : []
}
