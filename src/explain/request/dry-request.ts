/** A request for the filters to judge: what they would answer is written down, and nothing is sent. */
import type { PreferredHost } from '../../proxy/balance/host.ts'
import type { Failure } from '../../proxy/hcm/failure.ts'
import type { HttpRequest, RequestSink } from '../../proxy/hcm/filter.ts'
import type { HttpConnectionManager } from '../../proxy/hcm/manager.ts'
import { RequestFacts } from '../../proxy/hcm/request-facts.ts'
import { HeaderList, type Headers } from '../../proxy/http/headers.ts'
import type { RequestHead, ResponseHead } from '../../proxy/http/stream.ts'
import type { Connection } from '../../proxy/listener/connection.ts'
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

export class DryRequest extends RequestFacts<HttpConnectionManager> implements HttpRequest {
  decision: RouteDecision | undefined
  preferredHost: PreferredHost | undefined
  readonly bodiless = true
  readonly ended = true
  readonly heldTrailers = undefined
  readonly heldResponseTrailers = undefined
  answer: LocalAnswer | undefined
  /** The head before filters and routes changed it. */
  readonly arrived: Fields

  constructor(services: HttpConnectionManager, connection: Connection, head: RequestHead, decision?: RouteDecision) {
    super(services, connection, head, new DecisionRecord(connection))
    this.arrived = fieldsOf(head)
    this.decision = decision
    if (decision?.action.kind === 'forward') this.record.cluster = services.clusters.get(decision.action.cluster)
  }

  override get responseCode(): number {
    return this.answer?.status ?? 0
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
  redirect(): boolean {
    return false
  }
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
