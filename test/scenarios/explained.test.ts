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
    // Explained calls come from the pod's own address; in the table all pods share the machine's, whose rules the row is about.
    const todo =
      scenario.name.startsWith('the address of the peer') && 'x-forwarded-for and shared addresses are not followed yet'
    it(name, { todo }, async () => {
      assert.deepEqual(await plane.run(scenario), [])
    })
  }
})
