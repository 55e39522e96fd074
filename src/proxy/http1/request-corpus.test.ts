/** Every case of the corpus, in every division into reads. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeaderList } from '../http/headers.ts'
import { STATUS_OF } from './protocol-error.ts'
import type { RequestCase } from './request-case.testing.ts'
import { REQUEST_CORPUS } from './request-corpus.testing.ts'
import { type Exchange, ServerBench } from './server.testing.ts'

interface Outcome {
  requests: string[]
  refused: string | undefined
  status: number | undefined
}

function feed(parts: Iterable<string>): Outcome {
  const answer = ({ stream }: Exchange) => stream.respond({ status: 200, headers: new HeaderList() }, true)
  const bench = new ServerBench(answer)
  for (const part of parts) bench.transport.receive(part)
  const refused = bench.errors[0]?.split(':')[0]
  const statuses = [...bench.written.matchAll(/HTTP\/1\.1 (\d+) /g)].map(match => Number(match[1]))
  const complete = bench.exchanges.filter(exchange => exchange.complete)
  assert.equal(statuses.length, complete.length + (refused === undefined ? 0 : 1), 'an answer for each')
  if (refused !== undefined) {
    assert.equal(bench.transport.ended, true, 'a refusal ends the connection')
    assert.match(bench.written, /connection: close\r\n\r\n[A-Za-z ]+$/)
  }
  return {
    requests: complete.map(exchange => exchange.line),
    refused,
    status: refused === undefined ? undefined : statuses.at(-1),
  }
}

function check(outcome: Outcome, entry: RequestCase): void {
  assert.equal(outcome.refused, entry.refused)
  if (entry.refused !== undefined) assert.equal(outcome.status, STATUS_OF[entry.refused])
  if (entry.requests !== undefined) assert.deepEqual(outcome.requests, entry.requests)
  else if (entry.refused !== undefined) assert.deepEqual(outcome.requests, [], 'nothing of it is passed on as a request')
  else assert.equal(outcome.requests.length, 1)
}

for (const entry of REQUEST_CORPUS) {
  test(`Http1ServerConnection ${entry.refused === undefined ? 'accepts' : 'refuses'}: ${entry.name}`, () => {
    const { bytes } = entry
    check(feed([bytes]), entry)
    // Long ones would take a second each, and are cut at fewer places.
    const step = Math.ceil(bytes.length / 2000)
    for (let at = 1; at < bytes.length; at += step) check(feed([bytes.slice(0, at), bytes.slice(at)]), entry)
    check(feed(portions(bytes, step)), entry)
  })
}

test('the request corpus names each case once and covers every code that a request can cause', () => {
  const names = REQUEST_CORPUS.map(entry => entry.name)
  assert.equal(new Set(names).size, names.length)
  const covered = new Set<string | undefined>(REQUEST_CORPUS.map(entry => entry.refused))
  const notOfRequests = ['http1.bad_status_line', 'http1.unexpected_upgrade', 'http1.unexpected_bytes', 'http1.head_timeout']
  assert.deepEqual(
    Object.keys(STATUS_OF).filter(code => !covered.has(code) && !notOfRequests.includes(code)),
    [],
  )
})

function* portions(bytes: string, size: number): Iterable<string> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size)
}
