/**
 * No field of any kind is silently ignored: each is put into objects of small worlds, with and without it and with several values. Some
 * proxy's configuration, a status or a rule of the control plane must differ; or a diagnostic must name the field.
 * $MIZZEN_FIELDS=all goes through messages that stand in several places in each of them.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { definedKinds } from '../../src/api/crd/definition.ts'
import { kinds } from '../../src/api/registry.ts'
import { walk } from './field-walk.ts'
import { UNPROVEN } from './unproven.ts'
import { worldsFor } from './worlds.ts'

const every = process.env['MIZZEN_FIELDS'] === 'all'

for (const id of definedKinds) {
  const { unused } = kinds[id]
  describe(id, () => {
    if (unused !== undefined) {
      test('objects of the kind are told of as a whole', () => assert.match(unused, /./))
      return
    }
    const known = UNPROVEN[id] ?? {}
    let open: readonly string[] = []
    test('every field has an effect or a diagnostic', () => {
      open = walk(id, worldsFor(id), every)
        .filter(({ finding }) => finding === 'nothing' || finding === 'never')
        .map(({ field }) => field)
      assert.deepEqual(
        open.filter(field => !Object.hasOwn(known, field)),
        [],
      )
    })
    for (const [field, why] of Object.entries(known)) {
      // Who proves a field takes it out of the list.
      test(`${field}: ${why}`, () => assert.ok(open.includes(field)))
    }
  })
}
