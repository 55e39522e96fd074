/** A request for the filters to judge: what they would answer is written down, and nothing is sent. */
import type { Failure } from '../../proxy/hcm/failure.ts'
import type { HttpRequest, RequestSink } from '../../proxy/hcm/filter.ts'
import type { HttpConnectionManager } from '../../proxy/hcm/manager.ts'
import { HeaderList, type Headers } from '../../proxy/http/headers.ts'
import type { RequestHead, ResponseHead } from '../../proxy/http/stream.ts'
import type { Connection } from '../../proxy/listener/connection.ts'
import type { DynamicMetadata } from '../../proxy/metadata/dynamic.ts'
import type { RouteDecision } from '../../proxy/route/decision.ts'
import { DecisionRecord } from '../../proxy/telemetry/decision-record.ts'
import { type Fields, fieldsOf } from './head-fields.ts'

/** What a filter said in the place of the upstream. */
export interface LocalAnswer {
  readonly status: number
  readonly details: string
  readonly headers: Headers
  readonly body: string
}

export class DryRequest implements HttpRequest {
  readonly services: HttpConnectionManager
  readonly connection: Connection
  readonly head: RequestHead
  readonly record: DecisionRecord
  decision: RouteDecision | undefined
  readonly bodiless = true
  readonly ended = true
  readonly heldTrailers = undefined
  readonly heldResponseTrailers = undefined
  answer: LocalAnswer | undefined
  /** The head before filters and routes changed it. */
  readonly arrived: Fields

  constructor(services: HttpConnectionManager, connection: Connection, head: RequestHead, decision?: RouteDecision) {
    this.services = services
    this.connection = connection
    this.head = head
    this.arrived = fieldsOf(head)
    this.record = new DecisionRecord(connection)
    this.record.request = head
    this.record.originalPath = head.path
    this.decision = decision
    if (decision?.action.kind === 'forward') this.record.cluster = services.clusters.get(decision.action.cluster)
  }

  get remoteAddress(): string {
    return this.record.remoteAddress
  }

  get remotePort(): number {
    return this.connection.facts.remotePort
  }

  get localAddress(): string {
    return this.connection.facts.localAddress
  }

  get localPort(): number {
    return this.connection.facts.localPort
  }

  get startTime(): number {
    return this.record.startTime
  }

  get random(): () => number {
    return this.services.random
  }

  get metadata(): DynamicMetadata | undefined {
    return this.record.metadata
  }

  get upstreamHost(): string | undefined {
    return undefined
  }

  get upstreamCluster(): string | undefined {
    return this.record.cluster?.name
  }

  get responseCode(): number {
    return this.answer?.status ?? 0
  }

  get responseFlags(): string {
    return this.record.flags || '-'
  }

  setCookie(): void {}
  resume(): void {}
  awaitBody(): void {}
  chooseRoute(): void {}
  forwardTo(_sink: RequestSink): void {}
  resumeBody(): void {}
  replaceBody(): void {}
  rewriteBody(): void {}
  resumeResponse(): void {}
  awaitResponseBody(): void {}
  replaceResponseBody(): void {}
  rewriteResponseBody(): void {}
  resumeUpstream(): void {}
  limitDuration(): void {}
  respondInformational(): void {}

  respond({ status, headers }: ResponseHead): void {
    this.answer ??= { status, details: this.record.details, headers, body: '' }
  }

  write(): boolean {
    return true
  }

  writeTrailers(): void {}

  fail({ status, details, body }: Failure, headers: Headers = new HeaderList()): void {
    this.answer ??= { status, details, headers, body }
  }

  reply(status: number, body: Uint8Array, details: string, headers: Headers = new HeaderList()): void {
    this.answer ??= { status, details, headers, body: Buffer.from(body).toString() }
  }

  abort(_flag: string, details: string): void {
    this.answer ??= { status: 0, details, headers: new HeaderList(), body: '' }
  }
}
