/**
 * The modules of all TypeScriptFilters in this process, by name. A new version takes over when it has loaded; one that cannot be loaded leaves
 * the one before in its place.
 */
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { StatsRegistry } from '../../telemetry/stats.ts'
import type { Hook, ModuleSettings } from './messages.ts'
import { ModuleRunner } from './runner.ts'
import { ScriptStats } from './stats.ts'

/** Lines that a module may write to the proxy's log each second. */
const LINES_A_SECOND = 20
/** A worker's stack is part of what it may use: a deep recursion must not end the process. */
const STACK_MB = 4

type Log = (level: 'info' | 'warning' | 'error', component: string, message: string) => void

export interface LoadedModule extends ModuleSettings {
  readonly memoryLimitMb: number
}

/** A module by its name, whichever version there is. */
export class ModuleSlot {
  readonly stats: ScriptStats
  readonly #name: string
  readonly #log: Log
  #version = ''
  #current: ModuleRunner | undefined
  #next: ModuleRunner | undefined
  #lines = 0
  #linesSince = 0

  constructor(name: string, stats: ScriptStats, log: Log) {
    this.#name = name
    this.stats = stats
    this.#log = log
  }

  load(module: LoadedModule): void {
    const version = JSON.stringify(module)
    if (version === this.#version) return
    this.#version = version
    this.#next?.retire()
    const runner: ModuleRunner = new ModuleRunner(
      { spawn: () => thread(module), stats: this.stats, log: message => this.report(message) },
      problem => this.#loaded(runner, problem),
    )
    if (this.#current === undefined) this.#current = runner
    else this.#next = runner
  }

  get hooks(): ReadonlySet<Hook> {
    return this.#current?.hooks ?? NO_HOOKS
  }

  /** One request's dealings with the version of now. */
  get runner(): ModuleRunner | undefined {
    return this.#current
  }

  #loaded(runner: ModuleRunner, problem: string | undefined): void {
    if (runner === this.#next) {
      this.#next = undefined
      if (problem === undefined) {
        this.#current?.retire()
        this.#current = runner
        this.stats.reloads++
        this.#log('info', 'typescript', `"${this.#name}" runs its new version`)
        return
      }
      this.stats.reload_failures++
      runner.retire()
    }
    if (problem === undefined) return
    const rest = runner === this.#current ? '' : '; the version before stays in use'
    this.#log('error', 'typescript', `Cannot use the module of "${this.#name}": ${problem}${rest}`)
  }

  /** A line for the log of the proxy, unless there are too many. */
  report(message: string): void {
    const second = Math.trunc(performance.now() / 1000)
    if (second !== this.#linesSince) [this.#lines, this.#linesSince] = [0, second]
    if (this.#lines++ < LINES_A_SECOND) this.#log('warning', 'typescript', `"${this.#name}": ${message}`)
  }
}

const NO_HOOKS: ReadonlySet<Hook> = new Set()

export class ScriptModules {
  readonly #slots = new Map<string, ModuleSlot>()
  readonly #log: Log
  readonly #stats: StatsRegistry
  readonly #runs: boolean

  /** @param runs false: nothing is started, for those who only ask what would be */
  constructor(log: Log, stats: StatsRegistry, runs = true) {
    this.#log = log
    this.#stats = stats
    this.#runs = runs
  }

  open(module: LoadedModule): ModuleSlot {
    const { name } = module
    let slot = this.#slots.get(name)
    if (slot === undefined) {
      const labels = { filter: name }
      const stats = this.#stats.shared(ScriptStats, { prefix: `typescript.${name}`, family: 'mizzen_typescript_filter', labels })
      slot = new ModuleSlot(name, stats, this.#log)
      this.#slots.set(name, slot)
    }
    if (this.#runs) slot.load(module)
    return slot
  }
}

function thread({ name, source, config, memoryLimitMb }: LoadedModule): Worker {
  const settings: ModuleSettings = { name, source, config }
  const worker = new Worker(entry(), {
    workerData: settings,
    name: `filter ${name}`,
    // Nothing of the proxy's environment is a module's business, nor its output the proxy's.
    env: {},
    argv: [],
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb, stackSizeMb: STACK_MB },
  })
  worker.stdout.resume()
  worker.stderr.resume()
  return worker
}

/** Beside this file in the repository; in dist/, beside the bundle that this file is in, or beside the folder of its parts. */
function entry(): URL {
  const places = ['./worker.ts', './filter-worker.js', '../filter-worker.js'].map(place => new URL(place, import.meta.url))
  return places.find(place => existsSync(place)) ?? new URL('./filter-worker.js', import.meta.url)
}
