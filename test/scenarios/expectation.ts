/** Compares what came of a call with what its row expects. Every difference is one sentence. */
import type { HttpOutcome } from './client.ts'
import type { Expected, HttpExpectation } from './scenario.ts'

/** What the echo backends tell of a request. */
interface Seen {
  readonly path: string
  readonly host: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

export function differences(
  expect: HttpExpectation,
  outcomes: readonly HttpOutcome[],
  received: (served: string) => number,
): string[] {
  const found: string[] = []
  if (expect.share) found.push(...shareDifferences(expect.share, outcomes.map(label)))
  else for (const outcome of outcomes) found.push(...oneDifference(expect, outcome))
  const pods = new Set(outcomes.map(outcome => outcome.headers['x-echo-pod']))
  if (expect.onePod && pods.size !== 1) found.push(`expected one pod to answer all, got ${[...pods].join(', ')}`)
  if (expect.pods !== undefined && pods.size < expect.pods)
    found.push(`expected at least ${expect.pods} pods to answer, got ${[...pods].join(', ')}`)
  for (const [served, [least, most]] of Object.entries(expect.received ?? {})) {
    const count = received(served)
    if (count < least || count > most)
      found.push(`expected ${served} to receive ${least} to ${most} requests, it received ${count}`)
  }
  return [...new Set(found)]
}

export function shareDifferences(
  share: Readonly<Record<string, readonly [number, number]>>,
  labels: readonly string[],
): string[] {
  const counts = new Map<string, number>()
  for (const name of labels) counts.set(name, (counts.get(name) ?? 0) + 1)
  const all = [...counts].map(([name, count]) => `${name}: ${count}`).join(', ')
  const found = Object.entries(share).flatMap(([name, [least, most]]) => {
    const count = counts.get(name) ?? 0
    return count < least || count > most ? [`expected ${least} to ${most} answers of "${name}", got ${count} (all: ${all})`] : []
  })
  const stranger = labels.find(name => !(name in share))
  return stranger === undefined
    ? found
    : [...found, `expected answers of ${Object.keys(share).join(', ')} only, got "${stranger}" (all: ${all})`]
}

/** "service version" of the pod that answered, or the status where none did. */
function label(outcome: HttpOutcome): string {
  return outcome.status === 200 ? String(outcome.headers['x-echo-served']) : String(outcome.status)
}

function oneDifference(expect: HttpExpectation, outcome: HttpOutcome): string[] {
  const found: string[] = []
  const status = expect.status ?? 200
  if (outcome.status !== status) return [`expected status ${status}, got ${outcome.status}: ${outcome.body.slice(0, 200)}`]
  const served = outcome.headers['x-echo-served']
  if (expect.served !== undefined && served !== expect.served) found.push(`expected ${expect.served} to answer, got ${served}`)
  for (const [name, wanted] of Object.entries(expect.headers ?? {})) {
    const got = outcome.headers[name]
    check(`response header ${name}`, wanted, Array.isArray(got) ? got.join(', ') : got, found)
  }
  if (expect.body !== undefined) check('body', expect.body, outcome.body, found)
  if (expect.tookMs && (outcome.tookMs < expect.tookMs[0] || outcome.tookMs > expect.tookMs[1]))
    found.push(`expected the call to take ${expect.tookMs.join(' to ')} ms, it took ${Math.round(outcome.tookMs)}`)
  const seen = backendSaw(outcome)
  if (expect.path !== undefined) check('path at the backend', expect.path, seen?.path, found)
  if (expect.host !== undefined) check('host at the backend', expect.host, seen?.host, found)
  if (expect.method !== undefined) check('method at the backend', expect.method, seen?.method, found)
  for (const [name, wanted] of Object.entries(expect.seen ?? {}))
    check(`header ${name} at the backend`, wanted, seen?.headers[name], found)
  return found
}

function backendSaw(outcome: HttpOutcome): Seen | undefined {
  try {
    return JSON.parse(outcome.body) as Seen
  } catch {
    return undefined // an answer of the proxy, or of a plain body: nothing was seen
  }
}

function check(what: string, wanted: Expected, got: string | undefined, found: string[]): void {
  const good =
    wanted === null ? got === undefined : got !== undefined && (wanted instanceof RegExp ? wanted.test(got) : wanted === got)
  if (!good)
    found.push(
      `expected ${what} to be ${wanted === null ? 'absent' : wanted}, got ${got === undefined ? 'none' : `"${got.slice(0, 200)}"`}`,
    )
}
