/** Debian's Prometheus, promtool and Alertmanager, as scripts/fetch-prometheus.sh unpacked them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const programs = path.resolve(import.meta.dirname, '../../.tools/prometheus/usr/bin')

export const PROMETHEUS_MISSING = existsSync(programs) ? false : 'no Prometheus: scripts/fetch-prometheus.sh fetches it'

/** promtool's judgement. @returns what it says @throws when it refuses */
export function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(path.join(programs, 'promtool'), args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout + stderr
}

interface Answer {
  readonly status: string
  readonly data: { readonly result: readonly Sample[] }
  readonly error?: string
}

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}

/** An instant query. @throws with Prometheus' words when it does not take it */
export async function query(prometheus: string, expr: string): Promise<readonly Sample[]> {
  const answer = await fetch(`${prometheus}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query: expr }) })
  const { status, data, error } = (await answer.json()) as Answer // Prometheus' API v1
  if (status !== 'success') throw new Error(`${expr}: ${error}`)
  return data.result
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>
}

export class Alertmanager {
  readonly url: string
  readonly #process: ChildProcess

  /** @param folder where its configuration is written and it keeps its state */
  constructor(port: number, folder: string) {
    this.url = `http://127.0.0.1:${port}`
    const config = path.join(folder, 'alertmanager.yml')
    writeFileSync(config, 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n')
    this.#process = spawn(
      path.join(programs, 'prometheus-alertmanager'),
      [
        `--config.file=${config}`,
        `--storage.path=${path.join(folder, 'alertmanager')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
        '--log.level=error',
      ],
      // Where its templates are: see the script.
      { cwd: path.resolve(programs, '../share/prometheus/alertmanager'), stdio: ['ignore', 'ignore', 'inherit'] },
    )
  }

  /** Alerts that it was told of; none while it is not there yet. */
  async alerts(): Promise<readonly Alert[]> {
    try {
      const answer = await fetch(`${this.url}/api/v2/alerts`)
      return answer.ok ? ((await answer.json()) as Alert[]) : [] // Alertmanager's API v2
    } catch {
      return []
    }
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }
}
