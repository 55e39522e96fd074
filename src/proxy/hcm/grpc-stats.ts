/** Counts gRPC calls by how they ended (envoy.extensions.filters.http.grpc_stats.v3.FilterConfig): one group for all methods. */
import type { HttpFilter, HttpRequest, Verdict } from './filter.ts'
import { isGrpc } from './local-reply.ts'

/** http.<stat_prefix>.grpc.* */
export class GrpcStats {
  total = 0
  success = 0
  failure = 0
}

export class GrpcStatsFilter implements HttpFilter {
  readonly name: string
  readonly defaultOff: boolean
  readonly #stats: GrpcStats

  constructor(name: string, defaultOff: boolean, stats: GrpcStats) {
    this.name = name
    this.defaultOff = defaultOff
    this.#stats = stats
  }

  onRequest(): Verdict {
    return 'continue'
  }

  onEnd({ head, record }: HttpRequest): void {
    if (!isGrpc(head)) return
    const status = record.responseTrailers?.get('grpc-status') ?? record.responseHeaders?.get('grpc-status')
    this.#stats.total++
    if (status === '0') this.#stats.success++
    else this.#stats.failure++
  }
}
