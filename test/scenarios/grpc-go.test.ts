/** The rows of the scenario table that are all gRPC, on grpc-go without a proxy: the same resources as for other libraries, none refused. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { buildGrpcGo } from '../grpc-go/program.ts'
import { Harness } from './harness.ts'
import { fits } from './scenario.ts'
import { table } from './table.ts'

const built = buildGrpcGo()

describe('scenarios on grpc-go', { skip: typeof built === 'string' ? built : false }, () => {
  let harness: Harness
  before(async () => {
    assert(typeof built !== 'string')
    harness = await Harness.start({ callers: 'grpc', backends: 'grpc' }, [built.program, 'calls'])
  })
  after(async () => {
    await harness?.close()
    if (typeof built !== 'string') built.remove()
  })
  for (const scenario of table.filter(row => fits(row, 'grpc'))) {
    const reason = scenario.skip?.grpc
    if (reason === undefined)
      it(scenario.name, async () => {
        assert.deepEqual(await harness.run(scenario), [])
      })
    else it.todo(`${scenario.name}: ${reason}`)
  }
})
