import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ManualClock } from '../../lib/clock.ts'
import { builtIn } from '../../model/origin.ts'
import type { RateLimit } from '../../model/rate-limit.ts'
import { RateLimitRequest, RateLimitResponse } from '../../xds/gen/envoy/service/ratelimit/v3/rls.ts'
import { RateLimitService } from './service.ts'

const limit: RateLimit = {
  name: 'reviews',
  namespace: 'shop',
  target: { kind: 'service', host: 'reviews.shop.svc.cluster.local', port: undefined },
  matches: [],
  keys: [{ kind: 'header', name: 'x-user' }],
  sustained: { requests: 2, perMs: 60_000 },
  burst: 2,
  peak: undefined,
  shared: { redis: '', timeoutMs: 50, denyOnFailure: false },
  status: 429,
  headers: true,
  shadow: false,
  created: '',
  origin: builtIn('test'),
}

async function ask(service: RateLimitService, user: string, key = 'shop/reviews'): Promise<string> {
  const entries = [
    { key: 'limit', value: key },
    { key: 'x-user', value: user },
  ]
  const request = RateLimitRequest.fromPartial({ domain: 'mizzen', descriptors: [{ entries }] })
  const credentials = { authorization: undefined, certificate: undefined, peer: 'test' }
  const response = RateLimitResponse.decode(
    await service.handle(Buffer.from(RateLimitRequest.encode(request).finish()), credentials),
  )
  const [status] = response.statuses
  return `${response.overallCode === 1 ? 'OK' : 'OVER'} ${status?.limitRemaining} ${status?.durationUntilReset?.seconds ?? '-'}`
}

test('RateLimitService counts each bucket for all who ask, and fills it again with time', async () => {
  const clock = new ManualClock(1_000_000)
  const service = new RateLimitService({ limits: () => [limit], clock })
  assert.deepEqual(
    [await ask(service, 'a'), await ask(service, 'a'), await ask(service, 'a')],
    ['OK 1 1', 'OK 0 30', 'OVER 0 30'],
  )
  assert.equal(await ask(service, 'b'), 'OK 1 1')
  clock.advance(30_000)
  assert.equal(await ask(service, 'a'), 'OK 0 30')
})

test('RateLimitService lets pass what no limit describes', async () => {
  const service = new RateLimitService({ limits: () => [limit] })
  assert.equal(await ask(service, 'a', 'shop/gone'), 'OK 0 -')
})

test('RateLimitService lets a peak refuse without spending the sustained rate', async () => {
  const clock = new ManualClock(1_000_000)
  const peaked = { ...limit, sustained: { requests: 10, perMs: 60_000 }, burst: 10, peak: { requests: 1, perMs: 1000 } }
  const service = new RateLimitService({ limits: () => [peaked], clock })
  assert.match(await ask(service, 'a'), /^OK/)
  for (let i = 0; i < 20; i++) assert.match(await ask(service, 'a'), /^OVER/)
  clock.advance(1000)
  assert.match(await ask(service, 'a'), /^OK/)
})

describe('with a real Redis', () => {
  let redis: ChildProcess
  let folder = ''
  let address = ''

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'mizzen-redis-'))
    const port = await freePort()
    address = `127.0.0.1:${port}`
    const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
    redis = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    for await (const bytes of redis.stdout ?? []) {
      output += String(bytes)
      if (output.includes('Ready to accept connections')) break
    }
  })
  after(async () => {
    if (redis.exitCode === null) {
      redis.kill()
      await once(redis, 'exit')
    }
    await rm(folder, { recursive: true })
  })

  test('two RateLimitServices count together in Redis, and refuse to answer when it is gone', async () => {
    const shared = { ...limit, shared: { redis: address, timeoutMs: 50, denyOnFailure: false } }
    const problems: string[] = []
    const options = { limits: () => [shared], onProblem: (message: string) => void problems.push(message) }
    const [one, other] = [new RateLimitService(options), new RateLimitService(options)]
    try {
      await eventually(() => ask(one, 'warm-up'))
      await eventually(() => ask(other, 'warm-up too'))
      assert.deepEqual([await ask(one, 'a'), await ask(other, 'a'), await ask(one, 'a')], ['OK 1 1', 'OK 0 30', 'OVER 0 30'])
      redis.kill()
      await once(redis, 'exit')
      await assert.rejects(ask(one, 'a'), { status: 'UNAVAILABLE' })
      await eventually(async () => assert.match(problems.join(), /Cannot count rate limits in Redis/))
    } finally {
      one.close()
      other.close()
    }
  })
})

async function eventually<T>(check: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await check()
    } catch (error) {
      if (tries === 50) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
