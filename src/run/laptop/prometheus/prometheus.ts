/** The real Prometheus beside a laptop mesh: configured, run, told of changed alert rules, and ended with the mesh. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Clock } from '../../../lib/clock.ts'
import type { Alert } from '../../../model/alert.ts'
import { laptopConfig, rulesOf } from '../../monitoring/prometheus-config.ts'
import type { Journal } from '../console/journal.ts'
import { httpCheck } from '../probe/checks.ts'
import type { Ledger } from '../process/ledger.ts'
import { type ProgramState, Supervised } from '../process/supervised.ts'
import type { PrometheusBinary } from './find.ts'

export interface PrometheusOptions {
  readonly binary: PrometheusBinary
  /** Its configuration and what it remembers; made when it is not there. */
  readonly directory: string
  readonly port: number
  /** URL of the control plane's page. */
  readonly controlPlane: string
  readonly alertmanager: string | undefined
  readonly clock: Clock
  readonly ledger: Ledger
  readonly journal: Journal
}

const HOST = '127.0.0.1'
const KEEPS = ['--storage.tsdb.retention.time=15d', '--storage.tsdb.retention.size=1GB']
const GRACE_MS = 5000
/** The journal's name of it. */
const NAME = 'prometheus'

export class Prometheus {
  readonly url: string
  readonly #options: PrometheusOptions
  readonly #program: Supervised
  readonly #rulesFile: string
  #rules: string | undefined

  constructor(options: PrometheusOptions) {
    const { binary, directory, port, clock, ledger, journal, controlPlane, alertmanager } = options
    this.#options = options
    this.url = `http://${HOST}:${port}`
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#rulesFile = path.join(directory, 'rules.yml')
    const config = path.join(directory, 'prometheus.yml')
    writeFileSync(config, JSON.stringify(laptopConfig({ controlPlane, rulesFile: this.#rulesFile, alertmanager }), undefined, 2))
    const argv = [
      binary.file,
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(directory, 'data')}`,
      `--web.listen-address=${HOST}:${port}`,
      '--log.level=warn',
      ...KEEPS,
      ...binary.flags,
    ]
    this.#program = new Supervised({
      program: {
        command: { name: NAME, argv, cwd: directory, env: {} },
        startup: {
          check: httpCheck({ scheme: 'HTTP', host: HOST, port, path: '/-/ready', headers: {} }),
          timing: { periodSeconds: 1, failureThreshold: 60 },
          restarts: false,
        },
        readiness: undefined,
        liveness: undefined,
        graceMs: GRACE_MS,
      },
      clock,
      ledger,
      output: { line: text => journal.line(NAME, text) },
      onState: state => this.#told(state),
    })
  }

  start(alerts: readonly Alert[]): void {
    this.update(alerts)
    this.#program.start()
  }

  /** The alerts that it evaluates; cheap when they are the same. */
  update(alerts: readonly Alert[]): void {
    const rules = JSON.stringify(rulesOf(alerts), undefined, 2)
    if (rules === this.#rules) return
    this.#rules = rules
    writeFileSync(this.#rulesFile, rules)
    const { pid } = this.#program
    if (pid !== undefined) process.kill(pid, 'SIGHUP')
  }

  close(): Promise<void> {
    return this.#program.stop()
  }

  #told(state: ProgramState): void {
    if (state.phase === 'crashed') this.#options.journal.tell(`Prometheus ended (${state.reason}); it is started again`, 'bad')
  }
}
