/** Compresses responses for clients that take it, and requests where the configuration says so (envoy.filters.http.compressor). */
import type {
  Compressor as Config,
  Compressor_CommonDirectionConfig as Direction,
} from '../../xds/gen/envoy/extensions/filters/http/compressor/v3/compressor.ts'
import { chosenEncoding } from '../filters/compression/accept-encoding.ts'
import { type Coding, compressorOf } from '../filters/compression/encodings.ts'
import { compressorRouteOf, type RouteCompression } from '../filters/compression/route-settings.ts'
import { ZlibStage } from '../filters/compression/zlib-stage.ts'
import type { Headers } from '../http/headers.ts'
import type { ResponseHead } from '../http/stream.ts'
import { type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

/** http.<stat_prefix>.compressor.<library>.<encoding>.* */
export class CompressorStats {
  compressed = 0
  not_compressed = 0
}

const TYPES = [
  'application/javascript',
  'application/json',
  'application/xhtml+xml',
  'image/svg+xml',
  'text/css',
  'text/html',
  'text/plain',
  'text/xml',
]
const MINIMUM = 30

interface Rules {
  readonly enabled: boolean
  readonly minimum: number
  readonly types: ReadonlySet<string>
}

/** All compressors that a request passes: its client's wish is for one of them. */
const offers = new WeakMap<HttpRequest, string[]>()

export class CompressorFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #coding: Coding
  readonly #stats: CompressorStats
  readonly #responses: Rules
  /** undefined: requests go as they are. */
  readonly #requests: Rules | undefined
  readonly #removesAccept: boolean
  readonly #sparesEtags: boolean

  /** @throws on a library that is not known */
  constructor(name: string, defaultOff: boolean, config: Config, stats: (coding: Coding) => CompressorStats) {
    this.name = name
    this.defaultOff = defaultOff
    this.#coding = compressorOf(config.compressorLibrary)
    this.#stats = stats(this.#coding)
    const responses = config.responseDirectionConfig
    const older: Direction = {
      enabled: config.runtimeEnabled,
      minContentLength: config.contentLength,
      contentType: config.contentType,
    }
    this.#responses = rulesOf(responses?.commonConfig ?? (responses ? undefined : older), true)
    this.#requests = config.requestDirectionConfig && rulesOf(config.requestDirectionConfig.commonConfig, false)
    this.#removesAccept = responses ? responses.removeAcceptEncodingHeader : config.removeAcceptEncodingHeader
    this.#sparesEtags = responses ? responses.disableOnEtagHeader : config.disableOnEtagHeader
  }

  onRequest(request: HttpRequest): Verdict {
    const route = this.#routeOf(request)
    if (route?.disabled) return 'continue'
    const { headers } = request.head
    const offered = offers.get(request) ?? []
    offered.push(this.#coding.encoding)
    offers.set(request, offered)
    this.#compressRequest(request)
    if ((route?.removesAccept ?? this.#removesAccept) && headers.has('accept-encoding')) {
      this.#accepted.set(request, headers.get('accept-encoding') ?? '')
      headers.remove('accept-encoding')
    }
    return 'continue'
  }

  readonly #accepted = new WeakMap<HttpRequest, string>()

  onResponse(request: HttpRequest, { headers, status }: ResponseHead, last: boolean): undefined {
    const offered = offers.get(request)
    if (offered === undefined || this.#routeOf(request)?.disabled) return
    const fits =
      status !== 101 &&
      isCompressible(headers, this.#responses) &&
      !(this.#sparesEtags && headers.has('etag')) &&
      !isCoded(headers)
    const accept = this.#accepted.get(request) ?? request.head.headers.get('accept-encoding')
    if (fits && !last && chosenEncoding(accept, offered) === this.#coding.encoding) {
      const etag = headers.get('etag')
      if (etag !== undefined && !/^w\//i.test(etag)) headers.remove('etag')
      headers.remove('content-length')
      headers.set('content-encoding', this.#coding.encoding)
      this.#stats.compressed++
      request.rewriteResponseBody(
        next =>
          new ZlibStage({
            next,
            stream: this.#coding.open(),
            flushes: true,
            onRoom: () => request.resumeUpstream(),
            onError: () => request.abort('', 'compressor_error'),
          }),
      )
    } else this.#stats.not_compressed++
    // Caches in between are told even so: other clients get it compressed.
    if (fits) addVary(headers)
  }

  #compressRequest(request: HttpRequest): void {
    const rules = this.#requests
    const { headers, upgrade } = request.head
    if (rules === undefined || request.bodiless || upgrade !== undefined || !isCompressible(headers, rules) || isCoded(headers))
      return
    headers.remove('content-length')
    headers.set('content-encoding', this.#coding.encoding)
    request.rewriteBody(
      next =>
        new ZlibStage({
          next,
          stream: this.#coding.open(),
          flushes: true,
          onRoom: () => request.resumeBody(),
          onError: () => request.abort('', 'compressor_error'),
        }),
    )
  }

  #routeOf(request: HttpRequest): RouteCompression | undefined {
    const override = overrideOf(request, this.name)
    return override === undefined ? undefined : compressorRouteOf(override)
  }
}

function rulesOf(config: Direction | undefined, otherwise: boolean): Rules {
  return {
    enabled: config?.enabled?.defaultValue ?? otherwise,
    minimum: config?.minContentLength ?? MINIMUM,
    types: new Set(config && config.contentType.length > 0 ? config.contentType.map(type => type.toLowerCase()) : TYPES),
  }
}

/** A body without a length may be long. */
function isCompressible(headers: Headers, { enabled, minimum, types }: Rules): boolean {
  if (!enabled || Number(headers.get('content-length') ?? minimum) < minimum) return false
  const [type = ''] = headers.get('content-type')?.toLowerCase().split(';') ?? []
  return (type === '' || types.has(type.trim())) && !/\bno-transform\b/i.test(headers.get('cache-control') ?? '')
}

function isCoded(headers: Headers): boolean {
  return headers.has('content-encoding')
}

function addVary(headers: Headers): void {
  const vary = headers.get('vary')
  if (vary === undefined) headers.set('vary', 'Accept-Encoding')
  else if (!/\baccept-encoding\b/i.test(vary)) headers.set('vary', `${vary}, Accept-Encoding`)
}
