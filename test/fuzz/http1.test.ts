/**
 * The HTTP/1 codec against random messages and random damage. Each case has a number, which is its seed and is named when it fails.
 *
 * usage: node test/fuzz/http1.test.ts --long [--from SEED]    runs for ten minutes instead of two seconds
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../src/lib/random.ts'
import { HeaderList } from '../../src/proxy/http/headers.ts'
import { ClientBench } from '../../src/proxy/http1/client.testing.ts'
import { ServerBench } from '../../src/proxy/http1/server.testing.ts'
import { Chain, endToEnd, messageOf } from './http1-chain.ts'
import { damaged, integer, type Message, portions, type Random, randomRequest, randomResponse } from './http1-messages.ts'

const { values } = parseArgs({ options: { long: { type: 'boolean' }, from: { type: 'string', default: '1' } }, strict: false })
const from = Number(values.from)

/** Runs cases until the time is over, and names the one that fails. */
function cases(name: string, run: (random: Random) => void): void {
  test(name, t => {
    const end = performance.now() + (values.long === true ? 150_000 : 500)
    let seed = from
    for (; performance.now() < end; seed++) {
      try {
        run(seededRandom(seed))
      } catch (error) {
        throw new Error(`case ${seed} (again: node test/fuzz/http1.test.ts --from ${seed})`, { cause: error })
      }
    }
    t.diagnostic(`${seed - from} cases`)
  })
}

/** What a client makes of the bytes. */
function readResponse(parts: readonly string[], method: string): Message {
  const client = new ClientBench()
  const { answer } = client.open({ method })
  for (const part of parts) client.transport.receive(part)
  assert.deepEqual([answer.complete, client.errors], [true, []])
  return {
    start: String(answer.head?.status),
    fields: endToEnd(answer.head?.headers ?? new HeaderList()),
    body: answer.body,
    trailers: endToEnd(answer.trailers ?? new HeaderList()),
  }
}

cases('random messages in a pipeline come through a proxy as they were, both ways', random => {
  const sent = Array.from({ length: 1 + integer(random, 4) }, () => randomRequest(random))
  const answers = sent.map(({ message }) => randomResponse(random, message.start.startsWith('HEAD ')))
  const chain = new Chain(random, index => answers[index]?.bytes ?? '')
  chain.send(portions(random, sent.map(({ bytes }) => bytes).join('')))
  assert.deepEqual(chain.front.errors, [])
  assert.deepEqual(
    chain.requests,
    sent.map(({ message }) => message),
  )
  const methods = sent.map(({ message }) => message.start.split(' ')[0] ?? '')
  assert.deepEqual(
    chain.responses.map((bytes, i) => readResponse(portions(random, bytes), methods[i] ?? '')),
    answers.map(({ message }) => message),
  )
})

/** What one connection makes of the bytes: complete requests, and the code of a refusal. */
function understand(parts: readonly string[]): { requests: Message[]; error: string | undefined } {
  const requests: Message[] = []
  const bench = new ServerBench(exchange => {
    requests.push(messageOf(exchange))
    exchange.stream.respond({ status: 200, headers: new HeaderList() }, true)
  })
  for (const part of parts) bench.transport.receive(part)
  return { requests, error: bench.errors[0]?.split(':')[0] }
}

cases('damaged requests are understood alike in every division into reads', random => {
  let bytes = ''
  for (let i = 1 + integer(random, 3); i > 0; i--) bytes += randomRequest(random).bytes
  // The end completes a line that would be waited for, where a fault may be told before or after it.
  bytes = `${damaged(random, bytes)}\r\n\r\n`
  const whole = understand([bytes])
  for (let i = 0; i < 3; i++) {
    const divided = understand(portions(random, bytes))
    assert.deepEqual(divided, whole)
  }
})

cases('damaged requests mean to the backend what they meant to the proxy', random => {
  const bytes = damaged(random, randomRequest(random).bytes + randomRequest(random).bytes)
  const here = understand([bytes])
  const chain = new Chain(random, () => 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
  chain.send([bytes])
  const seen = chain.requests.map(({ start, body, fields }) => ({ start, body, fields }))
  const forwarded = here.requests.filter(({ start }) => !start.includes('  '))
  const meant = forwarded.map(({ start, body, fields }) => ({ start, body, fields }))
  assert.deepEqual(seen, meant)
})

cases('damaged responses are read alike in every division, and never as complete when they are not', random => {
  const { bytes } = randomResponse(random, false)
  const wrong = damaged(random, bytes)
  const read = (parts: readonly string[]) => {
    const client = new ClientBench()
    const { answer } = client.open()
    for (const part of parts) client.transport.receive(part)
    client.connection.onEnd()
    assert.ok(answer.complete !== (answer.reset !== undefined), 'complete or reset')
    return { complete: answer.complete, status: answer.head?.status, body: answer.body }
  }
  const whole = read([wrong])
  for (let i = 0; i < 3; i++) {
    const divided = read(portions(random, wrong))
    assert.deepEqual([divided.complete, divided.status], [whole.complete, whole.status])
    if (whole.complete) assert.equal(divided.body, whole.body)
  }
})
