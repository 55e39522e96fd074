/** A stepped roll-out under `mizzen up`: the proxies' counters decide, on both data planes in one mesh. */
import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { findEnvoy } from '../../src/run/engine.ts'
import { deployment, documents, gateway, service } from './manifests.ts'
import { get, Sandbox, until } from './mizzen.ts'

let sandbox: Sandbox | undefined
afterEach(async () => {
  await sandbox?.close()
  sandbox = undefined
})

/** @param pause of the second step */
function rule(pause: string): string {
  return `
apiVersion: mizzen.dev/v1alpha1
kind: WeightedDestinationRule
metadata: {name: front}
spec:
  host: front
  destinations: [{version: v1, weight: 100}, {version: v2, weight: 0}]
  rollout:
    steps: [{weight: 40, pause: 1s}, {weight: 60, pause: ${pause}}, {weight: 100}]
    stopOn: {errorRate: 5, minimumRequests: 5}
`
}

function mesh(fails: string, engine: string): Sandbox {
  sandbox = new Sandbox({
    'apps.yaml': documents(
      service('front', 80),
      deployment('front-v1', 'front'),
      deployment('front-v2', 'front', { version: 'v2', engine, env: { FAILS: fails } }),
    ),
    'gateway.yaml': gateway,
  })
  return sandbox
}

/** Statuses of so many requests. */
async function ask(url: string, times: number): Promise<string[]> {
  const answers: string[] = []
  for (let i = 0; i < times; i++) {
    const { status, body } = await get(url)
    answers.push(`${status} ${/ (v[12]) /.exec(body)?.[1]}`)
  }
  return answers
}

for (const engine of ['mizzen', 'envoy'] as const) {
  const skip = engine === 'envoy' && !hasEnvoy() ? 'there is no Envoy on this machine' : false

  test(`mizzen up --engine ${engine} rolls back a version that fails`, { skip }, async () => {
    const running = mesh('yes', engine)
    const { ingress } = await running.up('--engine', engine)
    const url = `${ingress[0]?.url}/`
    assert.deepEqual(new Set(await ask(url, 5)).size, 2, 'both versions get requests')
    running.write('rollout.yaml', rule('1s'))
    await until(async () => (await running.logs()).includes('front v2: 0 % -> 40 %, step 1 of 3'), Boolean, 20_000)
    await until(
      async () => {
        await ask(url, 5)
        return (await running.ps()).rollouts[0]?.phase === 'rolled back'
      },
      Boolean,
      20_000,
    )
    assert.match(await running.logs(), /front v2: stopped at 40 % and back to 0 %: 100 % errors, limit 5 %/)
    await until(async () => (await ask(url, 20)).every(answer => answer === '200 v1'), Boolean, 20_000)
    const { stdout } = await running.mizzen('ps')
    assert.match(stdout, /front v2: 0 %, step 1 of 3, rolled back: 100 % errors, limit 5 %/)
  })
}

test('mizzen up rolls out a version that is well, goes on beside other edits, and begins anew when the rule changes', async () => {
  const running = mesh('', 'mizzen')
  const { ingress } = await running.up()
  const url = `${ingress[0]?.url}/`
  running.write('rollout.yaml', rule('1s'))
  await until(
    async () => {
      await ask(url, 10)
      return (await running.ps()).rollouts[0]?.phase === 'done'
    },
    Boolean,
    20_000,
  )
  const log = await running.logs()
  for (const line of ['0 % -> 40 %', '40 % -> 60 %', '60 % -> 100 %', 'done, at 100 %'])
    assert.ok(log.includes(`front v2: ${line}`))
  await until(async () => (await ask(url, 10)).every(answer => answer === '200 v2'), Boolean, 20_000)
  running.edit('rollout.yaml', text => `# a remark\n${text}`)
  running.write('other.yaml', service('other', 80))
  await until(async () => (await running.logs()).includes('added Service default/other'), Boolean, 20_000)
  assert.equal((await running.ps()).rollouts[0]?.phase, 'done')
  running.write('rollout.yaml', rule('1h'))
  await until(async () => (await running.ps()).rollouts[0]?.percent === 40, Boolean, 20_000)
})

function hasEnvoy(): boolean {
  try {
    findEnvoy(process.env)
    return true
  } catch {
    return false
  }
}
