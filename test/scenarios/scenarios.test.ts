/** The scenario table, on mizzen's proxy, on Envoy, and without a proxy where a row is all gRPC. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ENVOY_MISSING, envoyBinary } from './engines.ts'
import { Harness } from './harness.ts'
import { ENGINES, fits } from './scenario.ts'
import { table } from './table.ts'

for (const engine of ENGINES) {
  const missing = engine === 'envoy' && !envoyBinary() ? ENVOY_MISSING : undefined
  describe(`scenarios on ${engine}`, { skip: missing ?? false }, () => {
    let harness: Harness
    before(async () => {
      harness = await Harness.start(engine)
    })
    after(() => harness?.close())
    for (const scenario of table.filter(row => fits(row, engine))) {
      // A row that this engine cannot do is named with its reason, and not run.
      const reason = scenario.skip?.[engine]
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
