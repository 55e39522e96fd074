/** What a run of the suite says: of each test whether it passed, and of a failed one why. */

export interface Outcome {
  readonly name: string
  readonly result: 'passed' | 'failed' | 'skipped'
  readonly seconds: number
  /** What its assertions said, or why it was skipped. */
  readonly reasons: readonly string[]
}

const ROOT = 'TestConformance'
const END = /^ *--- (PASS|FAIL|SKIP): (\S+) \((\d+\.\d+)s\)/
const TURN = /^=== (?:RUN|NAME|CONT) +(\S+)/
const REASON = /^\s+(?:Error|Messages):\s+(.*)$/
const LOGGED = /^ +\w+\.go:\d+: (?:\S+Z: )?(.*)$/
const TIME_IS_OVER = 'timeout while waiting'
const LONGEST = 300
const RESULTS = { PASS: 'passed', FAIL: 'failed', SKIP: 'skipped' } as const

/** @param output of the test binary with -test.v @returns the suite's tests in order; the whole alone where it failed before any of them */
export function outcomesOf(output: string): Outcome[] {
  const reasons = new Map<string, string[]>()
  const ends: { readonly name: string; readonly result: Outcome['result']; readonly seconds: number }[] = []
  /** Of a test that says no more than that time is over: what was wrong until then. */
  const last = new Map<string, string>()
  let current = ROOT
  for (const line of output.split('\n')) {
    const turn = TURN.exec(line)
    const end = END.exec(line)
    if (turn) current = testOf(turn[1] ?? '')
    else if (end) {
      const [, word = 'FAIL', name = '', seconds = '0'] = end
      if (name.split('/').length <= 2) ends.push({ name: testOf(name), result: resultOf(word), seconds: Number(seconds) })
    } else {
      const reason = REASON.exec(line)?.[1] ?? (line.includes('Skipping ') ? LOGGED.exec(line)?.[1] : undefined)
      if (reason !== undefined) reasons.set(current, [...(reasons.get(current) ?? []), reason])
      const [, logged] = LOGGED.exec(line) ?? []
      if (logged !== undefined && !logged.startsWith(TIME_IS_OVER))
        last.set(current, logged.split('not ready yet: ').at(-1) ?? logged)
    }
  }
  const tests = ends.filter(({ name }) => name !== ROOT)
  const failedBefore = tests.every(({ result }) => result !== 'failed') && ends.some(({ result }) => result === 'failed')
  const told = failedBefore || tests.length === 0 ? (ends.length > 0 ? ends : [NOTHING]) : tests
  return told
    .filter(({ name, result }) => name !== ROOT || result === 'failed')
    .map(each => ({ ...each, reasons: reasons.get(each.name) ?? (each.result === 'failed' ? lastOf(last.get(each.name)) : []) }))
}

/** It ended before its first test. */
const NOTHING = { name: ROOT, result: 'failed', seconds: 0 } as const

function lastOf(line: string | undefined): string[] {
  return line === undefined ? [] : [line.slice(0, LONGEST)]
}

function testOf(name: string): string {
  return name.split('/')[1] ?? name
}

function resultOf(word: string): Outcome['result'] {
  return word === 'PASS' || word === 'SKIP' ? RESULTS[word] : RESULTS.FAIL
}
