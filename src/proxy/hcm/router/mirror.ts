/**
 * Copies of a request to other clusters: sent and forgotten. What becomes of a copy never touches the request itself.
 */
import { Timer, type TimerOwner, type TimerWheel } from '../../../lib/timer-wheel.ts'
import type { PickContext } from '../../balance/host.ts'
import type { UpstreamStream } from '../../cluster/cluster.ts'
import { HeaderList, type Headers } from '../../http/headers.ts'
import type { RequestHead, ResponseHandler } from '../../http/stream.ts'
import type { ForwardAction, Mirror } from '../../route/decision.ts'
import type { HttpRequest } from '../filter.ts'

/** A copy whose upstream is slower than the client is given up at this many bytes waiting. */
const MOST_WAITING = 1024 * 1024

/** Called when the request's head is as it goes upstream. */
export function startMirrors(request: HttpRequest, action: ForwardAction, timeoutMs: number): MirrorStream[] {
  const streams: MirrorStream[] = []
  for (const mirror of action.mirrors) {
    if (!mirror.sample(request)) continue
    const stream = openMirror(request, mirror, timeoutMs)
    if (stream !== undefined) streams.push(stream)
  }
  return streams
}

function openMirror(request: HttpRequest, mirror: Mirror, timeoutMs: number): MirrorStream | undefined {
  const { services } = request
  const cluster = services.clusters.get(mirror.cluster)
  if (cluster === undefined) return undefined
  const head = copyOf(request.head, mirror)
  const context: PickContext = {
    hash: undefined,
    subset: undefined,
    tried: undefined,
    previousPrioritiesFrequency: 0,
    originalDestination: undefined,
    authority: head.authority,
  }
  const host = cluster.pick(context)
  if (host === undefined) return undefined
  const stream = new MirrorStream(services.timers)
  stream.start(cluster.open(host, head, request.bodiless, stream), timeoutMs)
  return stream
}

function copyOf(head: RequestHead, mirror: Mirror): RequestHead {
  const headers = new HeaderList()
  head.headers.forEach((name, value) => {
    headers.add(name, value)
  })
  return {
    protocol: head.protocol,
    method: head.method,
    scheme: head.scheme,
    authority: mirror.disableShadowHostSuffix ? head.authority : withSuffix(head.authority),
    path: head.path,
    headers,
    upgrade: undefined,
  }
}

/** "cart:8080" -> "cart-shadow:8080": so that the receiver can tell copies. */
function withSuffix(authority: string): string {
  const port = /:\d+$/.exec(authority)
  return port === null ? `${authority}-shadow` : `${authority.slice(0, port.index)}-shadow${port[0]}`
}

export class MirrorStream implements ResponseHandler, TimerOwner {
  readonly #timers: TimerWheel
  #stream: UpstreamStream | undefined
  #timer: Timer | undefined
  /** Bytes written since the upstream asked to stop. */
  #waiting = 0
  #blocked = false

  constructor(timers: TimerWheel) {
    this.#timers = timers
  }

  start(stream: UpstreamStream, timeoutMs: number): void {
    this.#stream = stream
    if (timeoutMs <= 0) return
    this.#timer = new Timer(this, 'mirror')
    this.#timers.start(this.#timer, timeoutMs)
  }

  write(chunk: Uint8Array, last: boolean): void {
    if (this.#stream === undefined) return
    this.#blocked = !this.#stream.write(chunk, last)
    this.#waiting = this.#blocked ? this.#waiting + chunk.length : 0
    if (this.#waiting > MOST_WAITING) this.cancel()
  }

  writeTrailers(trailers: Headers): void {
    this.#stream?.writeTrailers(trailers)
  }

  cancel(): void {
    this.#stream?.reset('local-reset')
    this.#end()
  }

  onTimer(): void {
    this.cancel()
  }

  onInformational(): void {}

  onResponse(_head: unknown, last: boolean): void {
    if (last) this.#end()
  }

  onData(_chunk: Buffer, last: boolean): void {
    if (last) this.#end()
  }

  onTrailers(): void {
    this.#end()
  }

  onReset(): void {
    this.#end()
  }

  onWritable(): void {
    this.#waiting = 0
  }

  #end(): void {
    this.#stream = undefined
    if (this.#timer !== undefined) this.#timers.stop(this.#timer)
  }
}
