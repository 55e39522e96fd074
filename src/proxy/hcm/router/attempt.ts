/**
 * One try of a request at one host: hears the upstream stream and tells the `Forwarding` it belongs to.
 */
import type { Host } from '../../balance/host.ts'
import type { UpstreamStream } from '../../cluster/cluster.ts'
import type { Headers } from '../../http/headers.ts'
import type { ResetReason, ResponseHandler, ResponseHead } from '../../http/stream.ts'

/** Who started the attempt. */
export interface AttemptOwner {
  onAttemptInformational(head: ResponseHead): void
  onAttemptResponse(attempt: Attempt, head: ResponseHead, last: boolean): void
  onAttemptData(attempt: Attempt, chunk: Buffer, last: boolean): void
  onAttemptTrailers(trailers: Headers): void
  onAttemptReset(attempt: Attempt, reason: ResetReason): void
  onAttemptWritable(): void
}

export class Attempt implements ResponseHandler {
  readonly host: Host
  readonly #owner: AttemptOwner
  /** Set right after the cluster opened it; no event comes before. */
  stream: UpstreamStream | undefined
  /** The client is to be paused no longer than this attempt is. */
  blocked = false
  /** What happens on it is of no interest any more: given up, or over. */
  #over = false

  constructor(owner: AttemptOwner, host: Host) {
    this.#owner = owner
    this.host = host
  }

  get over(): boolean {
    return this.#over
  }

  /** Gives it up; the owner hears no more of it. */
  cancel(): void {
    if (this.#over) return
    this.#over = true
    this.stream?.reset('local-reset')
  }

  onInformational(head: ResponseHead): void {
    if (!this.#over) this.#owner.onAttemptInformational(head)
  }

  onResponse(head: ResponseHead, last: boolean): void {
    if (this.#over) return
    if (last) this.#over = true
    this.#owner.onAttemptResponse(this, head, last)
  }

  onData(chunk: Buffer, last: boolean): void {
    if (this.#over) return
    if (last) this.#over = true
    this.#owner.onAttemptData(this, chunk, last)
  }

  onTrailers(trailers: Headers): void {
    if (this.#over) return
    this.#over = true
    this.#owner.onAttemptTrailers(trailers)
  }

  onReset(reason: ResetReason): void {
    if (this.#over) return
    this.#over = true
    this.#owner.onAttemptReset(this, reason)
  }

  onWritable(): void {
    this.blocked = false
    if (!this.#over) this.#owner.onAttemptWritable()
  }
}
