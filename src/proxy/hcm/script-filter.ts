/**
 * A filter that the user has written in TypeScript. The module runs in a thread beside the proxy: the request waits while it is asked, and
 * fails, or passes as it is, when the module does not answer in time.
 */
import type { TypeScriptFilter } from '../../xds/gen/mizzen/filters/v1/typescript_filter.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { principalsOf } from '../filters/rbac/subject.ts'
import type { Change, Fields, Question, RequestParts } from '../filters/script/messages.ts'
import type { ModuleSlot, ScriptModules } from '../filters/script/modules.ts'
import type { ModuleRunner, Outcome } from '../filters/script/runner.ts'
import { HeaderList, type Headers } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import type { FilterExplanation, HttpFilter, HttpRequest, Verdict } from './filter.ts'
import type { BodyTaker } from './held-body.ts'
import type { MakeStage } from './response-path.ts'

const DEFAULT_LIMIT_MS = 200
const DEFAULT_BODY_LIMIT = 1024 * 1024
const DEFAULT_MEMORY_MB = 64
const TOO_LARGE = Buffer.from('Payload Too Large')

/** What is remembered of one request. */
interface Dealing {
  readonly id: number
  /** It stays with the version that it began with. */
  readonly runner: ModuleRunner
  /** Of the thread that knows it. */
  generation: number
  /** The question that is open; 0: none. */
  question: number
  /** The module has answered in the upstream's place: it is not asked about its own answer. */
  answered: boolean
}

export class ScriptFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #module: string
  readonly #slot: ModuleSlot
  readonly #limitMs: number
  readonly #bodyLimit: number
  readonly #failOpen: boolean
  readonly #dealings = new Map<HttpRequest, Dealing>()
  static #lastRequest = 0

  constructor(name: string, defaultOff: boolean, config: TypeScriptFilter, modules: ScriptModules) {
    this.name = name
    this.defaultOff = defaultOff
    this.#module = config.name
    this.#limitMs = durationMs(config.timeLimit) ?? DEFAULT_LIMIT_MS
    this.#bodyLimit = config.bodyLimit || DEFAULT_BODY_LIMIT
    this.#failOpen = config.failOpen
    this.#slot = modules.open({
      name: config.name,
      source: config.module,
      config: config.config,
      memoryLimitMb: config.memoryLimit || DEFAULT_MEMORY_MB,
    })
  }

  onRequest(request: HttpRequest): Verdict {
    const { runner } = this.#slot
    if (runner === undefined) return 'continue'
    const id = ++ScriptFilter.#lastRequest
    const dealing: Dealing = { id, runner, generation: 0, question: 0, answered: false }
    this.#dealings.set(request, dealing)
    if (runner.settled) return this.#begin(request, dealing)
    // Nobody knows yet what the module wants to see.
    runner.whenSettled(() => {
      if (this.#dealings.has(request) && this.#begin(request, dealing) === 'continue') request.resume()
    })
    return 'wait'
  }

  #begin(request: HttpRequest, dealing: Dealing): Verdict {
    const { hooks } = dealing.runner
    const wholeBody = !request.bodiless && request.head.upgrade === undefined
    if (hooks.has('onRequestTrailers') && wholeBody && !hooks.has('onRequestBody'))
      request.rewriteBody(trailerStage(trailers => this.#askTrailers(request, dealing, 'request', trailers)))
    // A module that could not be loaded has no hooks: it is asked, and fails.
    if (hooks.size > 0 && !hooks.has('onRequest') && !hooks.has('onRequestBody')) return 'continue'
    if (hooks.has('onRequestBody') && wholeBody)
      request.awaitBody(this.#bodyLimit, (body, whole) => {
        if (whole) this.#askRequest(request, dealing, body)
        else request.reply(413, TOO_LARGE, 'request_payload_too_large')
      })
    else this.#askRequest(request, dealing, undefined)
    return 'wait'
  }

  onResponse(request: HttpRequest, head: ResponseHead, last: boolean): 'wait' | undefined {
    const dealing = this.#dealings.get(request)
    if (dealing === undefined || dealing.answered || head.status === 101) return undefined
    const { hooks } = dealing.runner
    if (hooks.has('onResponseTrailers') && !last && !hooks.has('onResponseBody'))
      request.rewriteResponseBody(trailerStage(trailers => this.#askTrailers(request, dealing, 'response', trailers)))
    if (!hooks.has('onResponse') && !hooks.has('onResponseBody')) return undefined
    if (!hooks.has('onResponseBody') || last) this.#askResponse(request, dealing, head, undefined)
    else
      setImmediate(() =>
        request.awaitResponseBody(this.#bodyLimit, (body, whole) => {
          if (whole) this.#askResponse(request, dealing, head, body)
          else this.#failed(request, 'failed', `a response of more than ${this.#bodyLimit} bytes`, () => request.resumeResponse())
        }),
      )
    return 'wait'
  }

  onEnd(request: HttpRequest): void {
    const dealing = this.#dealings.get(request)
    if (dealing === undefined) return
    this.#dealings.delete(request)
    dealing.runner.forget(dealing.question)
    dealing.runner.over(dealing.id)
  }

  explain(): FilterExplanation {
    const hooks = [...this.#slot.hooks]
    const does = hooks.length === 0 ? 'its module' : `its ${hooks.join(', ')}`
    const otherwise = this.#failOpen ? 'the request passes unchanged' : 'that is an answer 500'
    const text = `${this.#module}: ${does} may change or answer the request within ${this.#limitMs} ms; if the module fails, ${otherwise}`
    return { subject: 'TypeScriptFilter', text, answers: [], delayMs: 0, policies: [this.#module] }
  }

  #askRequest(request: HttpRequest, dealing: Dealing, body: Buffer | undefined): void {
    const trailers = body === undefined ? undefined : request.heldTrailers
    this.#ask(
      dealing,
      (id, known) => question(id, dealing, request, known, { side: 'request', begins: true, body, trailers }),
      outcome => {
        if (outcome.kind === 'failed') {
          this.#failed(request, outcome.why, outcome.reason, () => request.resume())
          return
        }
        const { change } = outcome
        if (change?.answer !== undefined) {
          this.#reply(request, dealing, change.answer)
          return
        }
        if (change !== undefined && applyToRequest(request, change)) request.chooseRoute()
        if (trailers !== undefined) applyFields(trailers, change?.trailers)
        request.resume()
      },
    )
  }

  #askResponse(request: HttpRequest, dealing: Dealing, head: ResponseHead, body: Buffer | undefined): void {
    const trailers = body === undefined ? undefined : request.heldResponseTrailers
    const response = { status: head.status, headers: fieldsOf(head.headers) }
    this.#ask(
      dealing,
      (id, known) => question(id, dealing, request, known, { side: 'response', begins: true, response, body, trailers }),
      outcome => {
        if (outcome.kind === 'failed') {
          this.#failed(request, outcome.why, outcome.reason, () => request.resumeResponse())
          return
        }
        const { change } = outcome
        if (change?.answer !== undefined) {
          this.#reply(request, dealing, change.answer)
          return
        }
        if (change?.status !== undefined) head.status = change.status
        applyFields(head.headers, change?.headers)
        if (change?.body !== undefined) {
          request.replaceResponseBody(change.body)
          head.headers.set('content-length', String(change.body.length))
        }
        if (trailers !== undefined) applyFields(trailers, change?.trailers)
        request.resumeResponse()
      },
    )
  }

  /** @returns a promise-free way to go on: `then` is called when the trailers may be sent */
  #askTrailers(request: HttpRequest, dealing: Dealing, side: 'request' | 'response', trailers: Headers): Asking {
    return then =>
      this.#ask(
        dealing,
        (id, known) => question(id, dealing, request, known, { side, begins: false, trailers }),
        outcome => {
          if (outcome.kind === 'done') applyFields(trailers, outcome.change?.trailers)
          else if (!this.#failOpen) {
            this.#note(request, outcome.why, outcome.reason)
            request.abort('', `typescript_filter_${outcome.why}`)
            return
          }
          then()
        },
      )
  }

  #ask(dealing: Dealing, make: (id: number, known: boolean) => Question, answer: (outcome: Outcome) => void): void {
    dealing.question = dealing.runner.ask(
      (id, generation) => {
        const known = dealing.generation === generation
        dealing.generation = generation
        return make(id, known)
      },
      this.#limitMs,
      outcome => {
        dealing.question = 0
        answer(outcome)
      },
    )
  }

  #reply(request: HttpRequest, dealing: Dealing, answer: NonNullable<Change['answer']>): void {
    dealing.answered = true
    this.#slot.stats.answered++
    const headers = new HeaderList()
    for (const [name, value] of answer.headers) if (name !== 'content-length') headers.add(name, value)
    request.reply(answer.status, answer.body, 'typescript_filter_answer', headers)
  }

  #failed(request: HttpRequest, why: string, reason: string, pass: () => void): void {
    if (this.#failOpen) {
      this.#slot.stats.failed_open++
      pass()
      return
    }
    this.#note(request, why, reason)
    const dealing = this.#dealings.get(request)
    if (dealing !== undefined) dealing.answered = true
    request.reply(500, Buffer.from(`the filter ${this.#module} failed`), `typescript_filter_${why}`)
  }

  #note(request: HttpRequest, why: string, reason: string): void {
    request.record.addMetadata('mizzen.dev', { filter: this.#module, failure: why })
    this.#slot.report(reason)
  }
}

/** Starts the question; `then` goes on. */
type Asking = (then: () => void) => void

/** Lets the body pass and holds the trailers until the module has seen them. */
function trailerStage(ask: (trailers: Headers) => Asking): MakeStage {
  return (next: BodyTaker) => ({
    onData: (chunk, last) => next.onData(chunk, last),
    onTrailers: trailers => ask(trailers)(() => next.onTrailers(trailers)),
  })
}

interface Asked {
  readonly side: Question['side']
  readonly begins: boolean
  readonly response?: Question['response']
  readonly body?: Uint8Array | undefined
  readonly trailers?: Headers | undefined
}

/** @param known the thread has seen the request */
function question(id: number, dealing: Dealing, request: HttpRequest, known: boolean, asked: Asked): Question {
  const { side, begins, response, body, trailers } = asked
  const opening = known ? undefined : partsOf(request)
  const fields = trailers && fieldsOf(trailers)
  return { kind: 'ask', id, request: dealing.id, side, begins, opening, response, body, trailers: fields }
}

function partsOf({ head, record, connection }: HttpRequest): RequestParts {
  const { method, scheme, authority, path } = head
  const [identity] = principalsOf(connection) ?? []
  return { method, scheme, authority, path, headers: fieldsOf(head.headers), address: record.remoteAddress, identity }
}

function fieldsOf(headers: Headers): Fields {
  const fields: [string, string][] = []
  headers.forEach((name, value) => {
    fields.push([name, value])
  })
  return fields
}

/** @returns whether the route has to be chosen again */
function applyToRequest(request: HttpRequest, change: Change): boolean {
  const { head } = request
  if (change.method !== undefined) head.method = change.method
  if (change.authority !== undefined) head.authority = change.authority
  if (change.path !== undefined) head.path = change.path
  applyFields(head.headers, change.headers)
  if (change.body !== undefined) {
    request.replaceBody(change.body)
    head.headers.set('content-length', String(change.body.length))
  }
  return (
    change.method !== undefined || change.authority !== undefined || change.path !== undefined || change.headers !== undefined
  )
}

/** How a message is framed is for the codec to say. */
const FRAMING: ReadonlySet<string> = new Set(['connection', 'content-length', 'host', 'te', 'transfer-encoding', 'upgrade'])

function applyFields(headers: Headers, changes: Change['headers']): void {
  for (const [name, [first, ...others]] of changes ?? []) {
    if (FRAMING.has(name)) continue
    if (first === undefined) headers.remove(name)
    else headers.set(name, first)
    for (const value of others) headers.add(name, value)
  }
}
