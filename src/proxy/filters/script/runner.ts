/**
 * One version of a module, in a thread of its own. Asks it, gives up on an answer in time, and ends the thread when it hangs: another one
 * takes its place.
 */
import type { Worker } from 'node:worker_threads'
import type { FromModule, Hook, Question, ToModule } from './messages.ts'
import type { ScriptStats } from './stats.ts'

/** What became of a question. */
export type Outcome =
  | { readonly kind: 'done'; readonly change: Extract<FromModule, { kind: 'done' }>['change'] }
  | { readonly kind: 'failed'; readonly why: 'threw' | 'timed_out' | 'unavailable'; readonly reason: string }

/** @param generation of the thread that is about to be asked: what an earlier one knew of a request is gone */
export type MakeQuestion = (id: number, generation: number) => Question

export interface RunnerServices {
  /** Starts a thread with the module in it. */
  readonly spawn: () => Worker
  readonly stats: ScriptStats
  readonly log: (message: string) => void
}

interface Pending {
  readonly make: MakeQuestion
  readonly answer: (outcome: Outcome) => void
  readonly limitMs: number
  askedAt: number
  timer: NodeJS.Timeout | undefined
}

/** A thread that says nothing to a ping for so long is hung. */
const SILENCE_MS = 500
const LOOK_MS = 100
/** A module that has not loaded by then never will. */
const LOADING_MS = 10_000
/** Without questions it ends, and comes back with the next one. */
const IDLE_MS = 300_000
const FREE_RESTARTS = 5
const PAUSE_MS = 1000
/** A thread that lived so long starts the count of troubles anew. */
const CALM_MS = 10_000
const LATER = 'the module failed several times and is started again later'

export class ModuleRunner {
  readonly #services: RunnerServices
  /** Hears once whether the module can be used; it is asked from then on. */
  readonly #onLoaded: (problem: string | undefined) => void
  #waiting: (() => void)[] = []
  #settled = false
  #worker: Worker | undefined
  #hooks: ReadonlySet<Hook> = new Set()
  #ready = false
  #loadedOnce = false
  /** Why it can't be used, and never will. */
  #unusable: string | undefined
  #retired = false
  #generation = 0
  #lastId = 0
  readonly #pending = new Map<number, Pending>()
  #watch: NodeJS.Timeout | undefined
  #restart: NodeJS.Timeout | undefined
  #heardAt = 0
  #pingAt = 0
  #usedAt = 0
  #startedAt = 0
  #troubles = 0

  constructor(services: RunnerServices, onLoaded: (problem: string | undefined) => void) {
    this.#services = services
    this.#onLoaded = onLoaded
    this.#start()
  }

  /** Runs `go` when it is known what the module wants to see, or that it cannot be used: at once if it is. */
  whenSettled(go: () => void): void {
    if (this.#settled) go()
    else this.#waiting.push(go)
  }

  get settled(): boolean {
    return this.#settled
  }

  get hooks(): ReadonlySet<Hook> {
    return this.#hooks
  }

  ask(make: MakeQuestion, limitMs: number, answer: (outcome: Outcome) => void): number {
    const id = ++this.#lastId
    this.#services.stats.asked++
    if (this.#worker === undefined && this.#restart === undefined && this.#unusable === undefined) this.#start()
    if (this.#worker === undefined) {
      this.#services.stats.unavailable++
      answer({ kind: 'failed', why: 'unavailable', reason: this.#unusable ?? LATER })
      return id
    }
    const pending: Pending = { make, answer, limitMs, askedAt: 0, timer: undefined }
    this.#pending.set(id, pending)
    if (this.#ready) this.#send(id, pending)
    return id
  }

  /** The answer is of no interest any more. */
  forget(id: number): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    clearTimeout(pending.timer)
    this.#pending.delete(id)
  }

  over(request: number): void {
    this.#post({ kind: 'over', request })
    if (this.#retired && this.#pending.size === 0) this.#end()
  }

  /** Ends when its last question is answered. */
  retire(): void {
    this.#retired = true
    if (this.#pending.size === 0) this.#end()
  }

  #start(): void {
    this.#generation++
    this.#startedAt = this.#usedAt = this.#heardAt = performance.now()
    const worker = this.#services.spawn()
    this.#worker = worker
    worker.on('message', (message: FromModule) => {
      if (worker === this.#worker) this.#hear(message)
    })
    worker.on('error', error => this.#lost(worker, error.message))
    worker.on('exit', code => this.#lost(worker, `its thread ended with code ${code}`))
    worker.unref()
    this.#watch ??= setInterval(() => this.#look(), LOOK_MS).unref()
  }

  #send(id: number, pending: Pending): void {
    const now = performance.now()
    pending.askedAt = this.#usedAt = now
    pending.timer = setTimeout(() => this.#tooLate(id, pending), pending.limitMs)
    this.#post(pending.make(id, this.#generation))
  }

  #post(message: ToModule): void {
    this.#worker?.postMessage(message)
  }

  #hear(message: FromModule): void {
    this.#heardAt = performance.now()
    switch (message.kind) {
      case 'ready':
        this.#hooks = new Set(message.hooks)
        this.#ready = true
        this.#loaded(undefined)
        for (const [id, pending] of this.#pending) this.#send(id, pending)
        return
      case 'unusable':
        this.#unusable = `the module cannot be loaded: ${message.reason}`
        this.#loaded(message.reason)
        this.#drop(this.#unusable)
        return
      case 'log':
        this.#services.log(message.message)
        return
      case 'done':
        this.#answer(message.id, { kind: 'done', change: message.change })
        return
      case 'threw':
        this.#services.stats.threw++
        this.#answer(message.id, { kind: 'failed', why: 'threw', reason: message.reason })
    }
  }

  #loaded(problem: string | undefined): void {
    if (this.#loadedOnce) return
    this.#loadedOnce = problem === undefined
    this.#onLoaded(problem)
    this.#settled = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const go of waiting) go()
  }

  #answer(id: number, outcome: Outcome): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.forget(id)
    this.#services.stats.duration_ms.record(performance.now() - pending.askedAt)
    pending.answer(outcome)
    if (this.#retired && this.#pending.size === 0) this.#end()
  }

  #tooLate(id: number, { limitMs }: Pending): void {
    this.#services.stats.timed_out++
    this.#answer(id, { kind: 'failed', why: 'timed_out', reason: `no answer within ${limitMs} ms` })
    this.#ping()
  }

  #ping(): void {
    if (this.#pingAt > this.#heardAt) return
    this.#pingAt = performance.now()
    this.#post({ kind: 'ping', id: 0 })
  }

  #look(): void {
    const now = performance.now()
    if (!this.#ready) {
      const worker = this.#worker
      if (worker !== undefined && now - this.#startedAt > LOADING_MS) this.#lost(worker, 'it did not load')
    } else if (this.#pingAt > this.#heardAt) {
      if (now - this.#pingAt > SILENCE_MS) this.#suspect()
    } else if (this.#pending.size > 0) this.#ping()
    else if (now - this.#usedAt > IDLE_MS) this.#end()
  }

  /** Two turns of the loop are left for what it may have said while this process was busy. */
  #suspect(): void {
    const heardAt = this.#heardAt
    setImmediate(() =>
      setImmediate(() => {
        const worker = this.#worker
        if (worker !== undefined && this.#heardAt === heardAt) this.#lost(worker, 'it was hung')
      }),
    )
  }

  /** The thread is gone, or has to go. What it had been asked first is what it fell over; the others are asked again. */
  #lost(worker: Worker, why: string): void {
    if (worker !== this.#worker) return
    const [oldest] = this.#ready ? this.#pending.keys() : []
    if (oldest !== undefined) {
      this.#services.stats.threw++
      this.#answer(oldest, { kind: 'failed', why: 'threw', reason: why })
    }
    this.#services.log(`the module is started again: ${why}`)
    this.#services.stats.restarts++
    this.#stopWorker()
    if (performance.now() - this.#startedAt > CALM_MS) this.#troubles = 0
    this.#troubles++
    if (this.#troubles <= FREE_RESTARTS) {
      this.#start()
      return
    }
    this.#loaded(why)
    this.#drop(LATER)
    this.#restart = setTimeout(() => {
      this.#restart = undefined
      this.#start()
    }, PAUSE_MS).unref()
  }

  /** Nobody is going to answer. */
  #drop(reason: string): void {
    this.#stopWorker()
    for (const [id, { answer }] of [...this.#pending]) {
      this.forget(id)
      this.#services.stats.unavailable++
      answer({ kind: 'failed', why: 'unavailable', reason })
    }
  }

  #end(): void {
    clearInterval(this.#watch)
    this.#watch = undefined
    this.#stopWorker()
  }

  #stopWorker(): void {
    const worker = this.#worker
    this.#worker = undefined
    this.#ready = false
    for (const { timer } of this.#pending.values()) clearTimeout(timer)
    void worker?.terminate()
  }
}
