/** An authorizer that is asked over gRPC (envoy.service.auth.v3.Authorization). Its messages are loaded when the first configuration asks for one. */
import type { GrpcService } from '../../../xds/gen/envoy/config/core/v3/grpc_service.ts'
import type { Clusters } from '../../cluster/cluster.ts'
import { type GrpcTarget, grpcUnary, readGrpcTarget } from '../../cluster/grpc-unary.ts'
import type { Authorizer, GrpcAuthorizerOptions, Question } from './authorizer.ts'
import type { Ruling } from './ruling.ts'

const METHOD = '/envoy.service.auth.v3.Authorization/Check'
/** Envoy's default of these two filters. */
const TIMEOUT_MS = 200

export class GrpcAuthorizer implements Authorizer {
  readonly cluster: string
  readonly #clusters: Clusters
  readonly #target: GrpcTarget
  readonly #options: GrpcAuthorizerOptions
  readonly #messages = import('./check-messages.ts')

  /** @throws on settings that cannot be used */
  constructor(service: GrpcService | undefined, options: GrpcAuthorizerOptions, clusters: Clusters) {
    this.#target = readGrpcTarget(service, TIMEOUT_MS)
    this.cluster = this.#target.cluster
    this.#options = options
    this.#clusters = clusters
  }

  ask(question: Question, done: (ruling: Ruling) => void): () => void {
    let cancel = () => {}
    let given = false
    this.#messages.then(
      ({ encodeCheck, readRuling }) => {
        if (given) return
        cancel = grpcUnary(this.#clusters, this.#target, METHOD, encodeCheck(question, this.#options), answer =>
          done(answer instanceof Error ? { kind: 'unknown', reason: answer.message } : readRuling(answer)),
        )
      },
      () => done({ kind: 'unknown', reason: 'the messages of ext_authz cannot be loaded' }),
    )
    return () => {
      given = true
      cancel()
    }
  }
}
