/**
 * The shop on this machine as a user starts it: time until the first answer through the ingress, memory of the sidecars after load, and how
 * long a changed weight takes until it is live, under load.
 *
 * usage: node bench/laptop.ts [--engine mizzen|envoy] [--seconds 10] [--json]
 */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { memory, spread } from './process-cost.ts'

const { values: flags } = parseArgs({
  options: {
    engine: { type: 'string', default: 'mizzen' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
})

const repository = path.resolve(import.meta.dirname, '..')
const program = path.join(repository, 'dist/mizzen.js')
mkdirSync(path.join(repository, 'build'), { recursive: true })
const folder = mkdtempSync(path.join(repository, 'build/bench-shop-')) // inside the repository: the shop finds its packages
const shop = path.join(folder, 'shop')
const env = { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: path.join(folder, 'state') }
cpSync(path.join(repository, 'examples/shop'), shop, { recursive: true })

try {
  const firstAnswerMs = await start()
  const { ingress, proxies } = status()
  const failed = await load(ingress, Number(flags.seconds))
  const rss = spread(proxies.map(pid => memory(pid).rss))
  const anonymous = spread(proxies.map(pid => memory(pid).anonymous))
  const weight = await changeWeight(ingress)
  const result = {
    engine: flags.engine,
    firstAnswerMs,
    rss,
    anonymous,
    weightLiveMs: weight.liveMs,
    failed: failed + weight.failed,
  }
  if (flags.json) console.log(JSON.stringify(result))
  else {
    console.log(`the shop on ${flags.engine}`)
    console.log(`  first answer through the ingress   ${(firstAnswerMs / 1000).toFixed(1)} s`)
    console.log(
      `  RSS of a sidecar after load        ${rss.median.toFixed(0)} MB (most ${rss.most.toFixed(0)}; anonymous ${anonymous.median.toFixed(0)})`,
    )
    console.log(`  a changed weight is live after     ${weight.liveMs} ms, seen from outside under load`)
    console.log(`  failed requests                    ${result.failed}`)
  }
} finally {
  execFileSync(process.execPath, [program, 'down', shop], { env, stdio: 'ignore' })
  rmSync(folder, { recursive: true, force: true })
}

/** Runs `mizzen up` and asks the ingress until it answers 200. @returns milliseconds from the command */
async function start(): Promise<number> {
  const started = performance.now()
  const up = spawn(process.execPath, [program, 'up', shop, '--detach', '--engine', flags.engine], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  up.stdout.on('data', bytes => {
    output += bytes
  })
  const ended = new Promise(resolve => up.once('exit', resolve))
  for (;;) {
    // The port is known once `ps` tells it; until then the default is asked.
    if (await answers('http://127.0.0.1:8080/api/version')) break
    if (performance.now() - started > 60_000) throw new Error(`no answer within a minute: ${output}`)
    await sleep(50)
  }
  const took = Math.round(performance.now() - started)
  await ended
  return took
}

function status(): { ingress: string; proxies: number[] } {
  const ps = JSON.parse(execFileSync(process.execPath, [program, 'ps', shop, '-o', 'json'], { env, encoding: 'utf8' }))
  return { ingress: ps.ingress[0].url, proxies: ps.workloads.map((each: { proxyPid: number }) => each.proxyPid).filter(Boolean) }
}

/** Eight visitors who look at all products, for so long. @returns answers other than 200 */
async function load(ingress: string, seconds: number): Promise<number> {
  const until = performance.now() + seconds * 1000
  let failed = 0
  const visitor = async () => {
    while (performance.now() < until) if (!(await answers(`${ingress}/api/products`))) failed += 1
  }
  await Promise.all(Array.from({ length: 8 }, visitor))
  return failed
}

/** Sends everybody to v2 and counts until the last answer of v1, while four visitors ask on. */
async function changeWeight(ingress: string): Promise<{ liveMs: number; failed: number }> {
  const file = path.join(shop, 'catalog.yaml')
  const text = readFileSync(file, 'utf8')
  let lastOfV1 = 0
  let failed = 0
  let stop = false
  const visitor = async () => {
    while (!stop) {
      const asked = performance.now()
      const answer: unknown = await fetch(`${ingress}/api/version`).then(
        response => response.text(),
        () => undefined,
      )
      if (answer === undefined) failed += 1
      else if (answer === '{"catalog":"v1"}\n') lastOfV1 = Math.max(lastOfV1, asked)
    }
  }
  const visitors = Array.from({ length: 4 }, visitor)
  await sleep(500)
  const saved = performance.now()
  writeFileSync(file, text.replace('weight: 90', 'weight: 0').replace('weight: 10', 'weight: 100'))
  await sleep(3000)
  stop = true
  await Promise.all(visitors)
  return { liveMs: Math.max(0, Math.round(lastOfV1 - saved)), failed }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5000) }).then(
    async response => {
      await response.arrayBuffer()
      return response.status === 200
    },
    () => false,
  )
}
