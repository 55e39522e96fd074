import assert from 'node:assert/strict'
import { it } from 'node:test'
import { StatsRegistry } from '../telemetry/stats.ts'
import { DroppedContext } from './dropped-context.ts'

it('DroppedContext names each destination once, counts its calls, and only while a traced request is answered', () => {
  const stats = new StatsRegistry()
  const told: string[] = []
  const dropped = new DroppedContext(stats, destination => told.push(destination))
  dropped.called('payments')
  dropped.received()
  dropped.called('payments')
  dropped.called('payments')
  dropped.answered()
  dropped.called('payments')
  assert.deepEqual(told, ['payments'])
  assert.deepEqual(
    stats.read().map(({ group, value }) => [group.labels, value]),
    [[{ destination: 'payments' }, 2]],
  )
})
