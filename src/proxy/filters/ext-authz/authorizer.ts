/** The seam between the filters that ask and the two protocols in which an external authorizer can be asked. */
import type { RequestHead } from '../../http/stream.ts'
import type { Connection } from '../../listener/connection.ts'
import type { DynamicMetadata } from '../../metadata/dynamic.ts'
import type { TextTest } from '../../route/string-match.ts'
import type { Ruling } from './ruling.ts'

/** What is asked about: a request, or a connection of bytes. */
export interface Question {
  readonly connection: Connection
  /** undefined: a connection of bytes. */
  readonly head: RequestHead | undefined
  /** The original client, after x-forwarded-for. */
  readonly remoteAddress: string
  /** Milliseconds since the epoch. */
  readonly startTime: number
  /** undefined: it is not sent along. */
  readonly body: QuestionBody | undefined
  /** The route's context_extensions. */
  readonly context: Readonly<Record<string, string>>
  readonly metadata: DynamicMetadata | undefined
}

export interface QuestionBody {
  readonly bytes: Buffer
  /** There is more than these. */
  readonly partial: boolean
  /** To be sent as bytes, not as text. */
  readonly asBytes: boolean
}

export interface Authorizer {
  /** For `explain`: the cluster that is asked. */
  readonly cluster: string
  /** @param done is called once, never before this returns @returns gives the question up */
  ask(question: Question, done: (ruling: Ruling) => void): () => void
}

/** What one that is asked over gRPC is told. */
export interface GrpcAuthorizerOptions {
  /** Headers of the request that it is told. */
  readonly sends: TextTest
  /** Filters whose metadata it is told. */
  readonly metadataNamespaces: readonly string[]
  readonly includeTlsSession: boolean
}

/** Tells the authorizer whether it sees the whole body. */
export const PARTIAL_BODY = 'x-envoy-auth-partial-body'
