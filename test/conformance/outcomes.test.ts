import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outcomesOf } from './outcomes.ts'

test('outcomesOf() reads which tests passed, were skipped and failed, and what the failed ones said', () => {
  const output = `
=== RUN   TestConformance
=== RUN   TestConformance/One
=== RUN   TestConformance/One/a_case
=== RUN   TestConformance/Two
    conformance.go:56: Skipping Two: suite does not support Port
=== RUN   TestConformance/Three
=== RUN   TestConformance/Three/a_case
    http.go:1:
        	Error Trace:	/somewhere/http.go:1
        	Error:      	expected 200, got 404
        	Messages:   	of the route
=== RUN   TestConformance/Four
    http.go:325: 2026-11-22T23:19:01.06Z: Response expectation failed for request: {a lot}  not ready yet: got 503
    http.go:306: 2026-11-22T23:19:04.89Z: timeout while waiting after 30 attempts, 0/3 successes
--- FAIL: TestConformance (3.00s)
    --- FAIL: TestConformance/Four (30.00s)
    --- PASS: TestConformance/One (1.50s)
        --- PASS: TestConformance/One/a_case (1.50s)
    --- SKIP: TestConformance/Two (0.00s)
    --- FAIL: TestConformance/Three (1.50s)
        --- FAIL: TestConformance/Three/a_case (1.50s)
FAIL
`
  assert.deepEqual(outcomesOf(output), [
    { name: 'Four', result: 'failed', seconds: 30, reasons: ['got 503'] },
    { name: 'One', result: 'passed', seconds: 1.5, reasons: [] },
    { name: 'Two', result: 'skipped', seconds: 0, reasons: ['Skipping Two: suite does not support Port'] },
    { name: 'Three', result: 'failed', seconds: 1.5, reasons: ['expected 200, got 404', 'of the route'] },
  ])
})

test('outcomesOf() tells a run that failed before its tests, or said nothing, as one failure', () => {
  const output = `
=== RUN   TestConformance
    suite.go:443: 
        	Error:      	context deadline exceeded
--- FAIL: TestConformance (307.01s)
FAIL
`
  const failed = { name: 'TestConformance', result: 'failed' }
  assert.deepEqual(outcomesOf(output), [{ ...failed, seconds: 307.01, reasons: ['context deadline exceeded'] }])
  assert.deepEqual(outcomesOf(''), [{ ...failed, seconds: 0, reasons: [] }])
})
