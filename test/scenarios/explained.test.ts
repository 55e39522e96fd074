/** What `explain` says of every row of the scenario table is what the proxies do (scenarios.test.ts). */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { dependsOnBackend, ExplainedPlane } from './explained.ts'
import { table } from './table.ts'

describe('scenarios, explained', () => {
  let plane: ExplainedPlane
  before(async () => {
    plane = await ExplainedPlane.start()
  })
  after(() => plane?.close())
  for (const scenario of table) {
    if (scenario.history !== undefined) {
      it.todo(`${scenario.name}: ${scenario.history}`)
      continue
    }
    const undecided = scenario.calls.flatMap(call => dependsOnBackend(call) ?? [])
    const name = undecided.length > 0 ? `${scenario.name} (where it goes; ${undecided[0]})` : scenario.name
    it(name, async () => {
      assert.deepEqual(await plane.run(scenario), [])
    })
  }
})
