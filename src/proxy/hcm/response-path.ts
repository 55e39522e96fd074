/**
 * The way of one response through filters that hold it up or rewrite its body. Made only for responses that meet such a filter; all others
 * go straight from the upstream to the codec.
 */
import type { Headers } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import { type BodyTaker, HeldBody } from './held-body.ts'

/** A filter's part in the way of a body: what it is given goes on to `next`, changed, now or later. */
export type MakeStage = (next: BodyTaker) => BodyTaker

/** What a body goes through on its way to `end`, in the order in which it was asked for. */
export class Stages {
  readonly #made: BodyTaker[] = []
  readonly first: BodyTaker

  constructor(stages: readonly MakeStage[], end: BodyTaker) {
    this.first = stages.reduceRight((next, make) => {
      const stage = make(next)
      this.#made.push(stage)
      return stage
    }, end)
  }

  onWritable(): void {
    for (const stage of this.#made) stage.onWritable?.()
  }

  close(): void {
    for (const stage of this.#made) stage.close?.()
  }
}

interface Waiting {
  readonly head: ResponseHead
  /** Index of the filter that comes next. */
  readonly next: number
  readonly body: HeldBody
}

export class ResponsePath implements BodyTaker {
  readonly #stages: MakeStage[] = []
  #waiting: Waiting | undefined
  #awaited: { readonly bytes: number; readonly enough: (start: Buffer, whole: boolean) => void } | undefined
  #out: Stages | undefined

  /** A filter holds the response; the client has seen nothing of it. */
  get waiting(): boolean {
    return this.#waiting !== undefined
  }

  /** The trailers, if they have come while the response is held. */
  get trailers(): Headers | undefined {
    return this.#waiting?.body.trailers
  }

  addStage(make: MakeStage): void {
    this.#stages.push(make)
  }

  /** @param last there is no body @param body what was held for a filter before */
  hold(head: ResponseHead, last: boolean, next: number, body: HeldBody | undefined): void {
    const held = body ?? new HeldBody()
    if (last) held.add(NOTHING, true)
    this.#waiting = { head, next, body: held }
  }

  /** See HttpRequest.awaitBody. @returns whether the upstream has to be heard for it */
  await(bytes: number, enough: (start: Buffer, whole: boolean) => void): boolean {
    const body = this.#waiting?.body
    if (body === undefined) return false
    body.expect(bytes)
    this.#awaited = { bytes, enough }
    if (!body.complete && body.size <= bytes) return true
    setImmediate(() => this.#moved())
    return false
  }

  /** In place of the body that is held, which is whole. */
  replace(bytes: Uint8Array): void {
    this.#waiting?.body.replace(bytes)
  }

  /** The filter lets the response go. */
  release(): Waiting | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#awaited = undefined
    return waiting
  }

  /** The head is out: from here on the body follows. @returns whether there is room for more */
  open(end: BodyTaker, body: HeldBody | undefined): boolean {
    this.#out = new Stages(this.#stages, end)
    if (body === undefined) return true
    const room = body.deliver(this.#out.first)
    body.release()
    return room
  }

  onData(chunk: Uint8Array, last: boolean): boolean {
    const body = this.#waiting?.body
    if (body === undefined) return this.#out?.first.onData(chunk, last) ?? true
    const room = body.add(chunk, last)
    this.#moved()
    return room
  }

  onTrailers(trailers: Headers): void {
    const body = this.#waiting?.body
    if (body === undefined) {
      this.#out?.first.onTrailers(trailers)
      return
    }
    body.addTrailers(trailers)
    this.#moved()
  }

  /** The client takes bytes again. */
  onWritable(): void {
    this.#out?.onWritable()
  }

  /** The request is over. */
  close(): void {
    this.release()?.body.release()
    this.#out?.close()
    this.#out = undefined
  }

  #moved(): void {
    const [awaited, body] = [this.#awaited, this.#waiting?.body]
    if (awaited === undefined || body === undefined || !(body.complete || body.size > awaited.bytes)) return
    this.#awaited = undefined
    awaited.enough(body.start(awaited.bytes), body.complete && body.size <= awaited.bytes)
  }
}

const NOTHING = Buffer.alloc(0)
