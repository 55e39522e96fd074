/**
 * A program that is meant to run: started, probed, restarted with growing back-off when it ends, and stopped. Containers and sidecars
 * are both one of these; what they are made of is given, so nothing here knows of pods.
 */
import { Backoff } from '../../../lib/backoff.ts'
import type { Clock } from '../../../lib/clock.ts'
import { type Check, Prober, type ProbeTiming } from '../probe/prober.ts'
import { type Child, type ChildCommand, type ChildOutput, describeExit, startChild } from './child.ts'
import type { Ledger } from './ledger.ts'

/** A laptop's version of the kubelet's 10 s to 5 min. */
const BACKOFF = { initialMs: 500, maxMs: 30_000 } as const
/** Who ran so long without a crash starts again at the first wait. */
const STEADY_MS = 30_000

export interface Probe {
  readonly timing: ProbeTiming
  readonly check: Check
}

export interface Program {
  readonly command: ChildCommand
  /** Until its first success nothing else is asked; its failure restarts the program, when it says so. */
  readonly startup: (Probe & { readonly restarts: boolean }) | undefined
  readonly readiness: Probe | undefined
  readonly liveness: Probe | undefined
  /** From SIGTERM to SIGKILL, milliseconds. */
  readonly graceMs: number
}

export type ProgramState =
  | { readonly phase: 'starting'; readonly pid: number }
  | { readonly phase: 'ready'; readonly pid: number }
  /** It runs, and its readiness probe says no. */
  | { readonly phase: 'unready'; readonly pid: number; readonly reason: string }
  /** It ended, and starts again after `retryMs`. */
  | { readonly phase: 'crashed'; readonly reason: string; readonly retryMs: number }
  | { readonly phase: 'stopped' }

export interface SupervisorOptions {
  readonly program: Program
  readonly clock: Clock
  readonly ledger: Ledger
  readonly output: ChildOutput
  readonly onState: (state: ProgramState) => void
}

export class Supervised {
  readonly #options: SupervisorOptions
  readonly #backoff = new Backoff(BACKOFF)
  #probers: Prober[] = []
  #child: Child | undefined
  #cancelRestart: (() => void) | undefined
  #state: ProgramState = { phase: 'stopped' }
  #stopping = false
  /** How often it was started again. */
  restarts = 0
  /** Why the program is being ended by us; told instead of its exit. */
  #killedFor: string | undefined

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Once. */
  start(): void {
    this.#run()
  }

  get state(): ProgramState {
    return this.#state
  }

  get pid(): number | undefined {
    return 'pid' in this.#state ? this.#state.pid : undefined
  }

  /** For good. Resolves when the process and all it started are gone. @param limitMs shortens the program's own grace period */
  async stop(limitMs = Number.POSITIVE_INFINITY): Promise<void> {
    this.#stopping = true
    this.#cancelRestart?.()
    this.#stopProbes()
    await this.#child?.stop(Math.min(limitMs, this.#options.program.graceMs))
    this.#become({ phase: 'stopped' })
  }

  #run(): void {
    const { program, output, ledger, clock } = this.#options
    this.#killedFor = undefined
    const startedAt = clock.now()
    const child = startChild(program.command, output, ledger)
    this.#child = child
    if (child.pid !== undefined) {
      this.#become({ phase: 'starting', pid: child.pid })
      this.#probe(child.pid)
    }
    child.ended.then(exit => {
      this.#stopProbes()
      if (this.#stopping) return
      if (clock.now() - startedAt >= STEADY_MS) this.#backoff.reset()
      const retryMs = this.#backoff.next()
      this.#become({ phase: 'crashed', reason: this.#killedFor ?? describeExit(exit), retryMs })
      this.#cancelRestart = clock.after(retryMs, () => {
        this.restarts++
        this.#run()
      })
    }, reportBug)
  }

  #probe(pid: number): void {
    const { startup } = this.#options.program
    if (!startup) {
      this.#probeStarted(pid)
      return
    }
    const prober = this.#ask(
      startup,
      () => {
        prober.stop()
        this.#probeStarted(pid)
      },
      reason => {
        if (startup.restarts) this.#endFor(`startup probe failed: ${reason}`)
        else this.#become({ phase: 'unready', pid, reason })
      },
    )
  }

  #probeStarted(pid: number): void {
    const { readiness, liveness } = this.#options.program
    if (liveness)
      this.#ask(
        liveness,
        () => {},
        reason => this.#endFor(`liveness probe failed: ${reason}`),
      )
    if (!readiness) {
      this.#become({ phase: 'ready', pid })
      return
    }
    this.#ask(
      readiness,
      () => this.#become({ phase: 'ready', pid }),
      reason => this.#become({ phase: 'unready', pid, reason }),
    )
  }

  #ask({ timing, check }: Probe, onSuccess: () => void, onFailure: (reason: string) => void): Prober {
    const prober = new Prober({ timing, check, clock: this.#options.clock, onSuccess, onFailure })
    this.#probers.push(prober)
    return prober
  }

  #endFor(reason: string): void {
    this.#killedFor = reason
    this.#stopProbes()
    this.#child?.stop(this.#options.program.graceMs).catch(reportBug)
  }

  #stopProbes(): void {
    for (const prober of this.#probers) prober.stop()
    this.#probers = []
  }

  #become(state: ProgramState): void {
    this.#state = state
    this.#options.onState(state)
  }
}

/** These promises never reject; if one does, it must not be lost. */
function reportBug(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
