/** The scenario table, with mutual TLS as it is by default: on mizzen's proxy, on Envoy, one against the other, and without a proxy where a row is all gRPC. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from './engines.ts'
import { Harness } from './harness.ts'
import { ENGINES, fits, type Scenario, type Sides } from './scenario.ts'
import { table } from './table.ts'

const combinations: readonly (Sides & { readonly name: string; readonly rows: readonly Scenario[] })[] = [
  ...ENGINES.map(engine => ({ name: engine, callers: engine, backends: engine, rows: table.filter(row => fits(row, engine)) })),
  { name: 'mizzen calling Envoy', callers: 'mizzen', backends: 'envoy', rows: table.filter(({ mixed }) => mixed) },
  { name: 'Envoy calling mizzen', callers: 'envoy', backends: 'mizzen', rows: table.filter(({ mixed }) => mixed) },
]

for (const { name, callers, backends, rows } of combinations) {
  const engines = [callers, backends]
  const missing = engines.includes('envoy') && !envoyBinary() ? ENVOY_MISSING : undefined
  describe(`scenarios on ${name}`, { skip: missing ?? false }, () => {
    let harness: Harness
    before(async () => {
      harness = await Harness.start({ callers, backends })
    })
    after(() => harness?.close())
    for (const scenario of rows) {
      // A row that this engine cannot do is named with its reason, and not run.
      const reason = engines.map(engine => scenario.skip?.[engine]).find(text => text !== undefined)
      if (reason !== undefined) {
        it.todo(`${scenario.name}: ${reason}`)
        continue
      }
      it(scenario.name, async () => {
        assert.deepEqual(await harness.run(scenario), [])
      })
    }
  })
}
