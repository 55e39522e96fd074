/** A service that counts requests for many proxies, asked over gRPC (envoy.service.ratelimit.v3.RateLimitService). */
import type { GrpcService } from '../../../xds/gen/envoy/config/core/v3/grpc_service.ts'
import type { Clusters } from '../../cluster/cluster.ts'
import { type GrpcTarget, grpcUnary, readGrpcTarget } from '../../cluster/grpc-unary.ts'
import type { Descriptor } from './descriptors.ts'
import type { LimitAnswer } from './limit-answer.ts'

const METHOD = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'
/** Not Infinity, which timers take for zero. */
const NO_TIMEOUT_MS = 2 ** 31 - 1

export class LimitService {
  /** For `explain`: the cluster that is asked. */
  readonly cluster: string
  readonly #target: GrpcTarget
  readonly #clusters: Clusters
  readonly #messages = import('./limit-messages.ts')

  /** @param timeoutMs 0: none @throws on settings that cannot be used */
  constructor(service: GrpcService | undefined, timeoutMs: number, clusters: Clusters) {
    this.#target = { ...readGrpcTarget(service, timeoutMs), timeoutMs: timeoutMs || NO_TIMEOUT_MS }
    this.cluster = this.#target.cluster
    this.#clusters = clusters
  }

  /** @param done is called once, never before this returns: with the answer, or why there is none @returns gives the question up */
  ask(domain: string, descriptors: readonly Descriptor[], done: (answer: LimitAnswer | Error) => void): () => void {
    let cancel = () => {}
    let given = false
    this.#messages.then(
      ({ encodeQuestion, readAnswer }) => {
        if (given) return
        cancel = grpcUnary(this.#clusters, this.#target, METHOD, encodeQuestion(domain, descriptors), message =>
          done(message instanceof Error ? message : decoded(() => readAnswer(message))),
        )
      },
      () => done(new Error('the messages of the rate limit service cannot be loaded')),
    )
    return () => {
      given = true
      cancel()
    }
  }
}

function decoded(read: () => LimitAnswer): LimitAnswer | Error {
  try {
    return read()
  } catch (error) {
    return new Error(`the answer cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
