/** Takes the content coding off requests, and where the configuration says so off responses (envoy.filters.http.decompressor). */
import type {
  Decompressor as Config,
  Decompressor_CommonDirectionConfig as Direction,
} from '../../xds/gen/envoy/extensions/filters/http/decompressor/v3/decompressor.ts'
import { type Coding, decompressorOf } from '../filters/compression/encodings.ts'
import { ZlibStage } from '../filters/compression/zlib-stage.ts'
import type { Headers } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import type { HttpFilter, HttpRequest, Verdict } from './filter.ts'

/** http.<stat_prefix>.decompressor.<library>.<encoding>.* */
export class DecompressorStats {
  decompressed = 0
  not_decompressed = 0
  /** Bodies that were not what their head said. */
  errors = 0
}

const MALFORMED = Buffer.from('Bad Request')

export class DecompressorFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #coding: Coding
  readonly #stats: DecompressorStats
  readonly #requests: Direction | undefined
  readonly #responses: Direction | undefined
  /** Upstreams are told that they may send it. */
  readonly #advertises: boolean

  /** @throws on a library that is not known */
  constructor(name: string, defaultOff: boolean, config: Config, stats: (coding: Coding) => DecompressorStats) {
    this.name = name
    this.defaultOff = defaultOff
    this.#coding = decompressorOf(config.decompressorLibrary)
    this.#stats = stats(this.#coding)
    this.#requests = config.requestDirectionConfig?.commonConfig
    this.#responses = config.responseDirectionConfig?.commonConfig
    this.#advertises = config.requestDirectionConfig?.advertiseAcceptEncoding ?? true
  }

  onRequest(request: HttpRequest): Verdict {
    const { headers } = request.head
    if (this.#advertises) advertise(headers, this.#coding.encoding)
    if (request.bodiless || !this.#takes(headers, this.#requests)) return 'continue'
    request.rewriteBody(
      next =>
        new ZlibStage({
          next,
          stream: this.#coding.open(),
          flushes: false,
          onRoom: () => request.resumeBody(),
          onError: () => {
            this.#stats.errors++
            request.reply(400, MALFORMED, 'decompressor_error')
          },
        }),
    )
    return 'continue'
  }

  onResponse(request: HttpRequest, { headers }: ResponseHead, last: boolean): undefined {
    if (last || !this.#takes(headers, this.#responses)) return
    request.rewriteResponseBody(
      next =>
        new ZlibStage({
          next,
          stream: this.#coding.open(),
          flushes: false,
          onRoom: () => request.resumeUpstream(),
          onError: () => {
            this.#stats.errors++
            request.abort('', 'decompressor_error')
          },
        }),
    )
  }

  /** Whether the outermost coding is ours; then it is taken off the head. */
  #takes(headers: Headers, direction: Direction | undefined): boolean {
    const codings = headers.get('content-encoding')?.split(',') ?? []
    const [outermost = '', ...others] = codings.reverse()
    const enabled = direction?.enabled?.defaultValue ?? true
    const spared = direction?.ignoreNoTransformHeader !== true && /\bno-transform\b/i.test(headers.get('cache-control') ?? '')
    if (!enabled || spared || outermost.trim().toLowerCase() !== this.#coding.encoding) {
      this.#stats.not_decompressed++
      return false
    }
    this.#stats.decompressed++
    if (others.length === 0) headers.remove('content-encoding')
    else headers.set('content-encoding', others.reverse().join(',').trim())
    headers.remove('content-length')
    return true
  }
}

function advertise(headers: Headers, encoding: string): void {
  const accept = headers.get('accept-encoding')
  if (accept === undefined || accept === '') headers.set('accept-encoding', encoding)
  else if (!accept.split(',').some(part => part.split(';')[0]?.trim() === encoding))
    headers.set('accept-encoding', `${accept},${encoding}`)
}
