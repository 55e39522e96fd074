/** Requests go on when they have come whole (envoy.filters.http.buffer): the upstream waits for no slow client. */
import type { Buffer as Config } from '../../xds/gen/envoy/extensions/filters/http/buffer/v3/buffer.ts'
import { bufferOf, limitOf } from '../filters/buffer-limit.ts'
import { type HttpFilter, type HttpRequest, overrideOf, type Verdict } from './filter.ts'

const TOO_LARGE = Buffer.from('Payload Too Large')

export class BufferFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #limit: number

  constructor(name: string, defaultOff: boolean, config: Config) {
    this.name = name
    this.defaultOff = defaultOff
    this.#limit = limitOf(config)
  }

  onRequest(request: HttpRequest): Verdict {
    const override = overrideOf(request, this.name)
    const limit = override === undefined ? this.#limit : bufferOf(override).limit
    const { head } = request
    if (limit === 0 || request.bodiless || head.upgrade !== undefined || head.method === 'CONNECT') return 'continue'
    request.awaitBody(limit, (body, whole) => {
      if (!whole) {
        request.reply(413, TOO_LARGE, 'request_payload_too_large')
        return
      }
      // Its length is known now.
      if (!head.headers.has('content-length') && request.heldTrailers === undefined)
        head.headers.set('content-length', String(body.length))
      request.resume()
    })
    return 'wait'
  }
}
