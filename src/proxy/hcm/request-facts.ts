/** What is known of a request by its connection and its record: what routes, header operators and access logs ask. Real requests and dry runs share it. */
import type { RequestHead } from '../http/stream.ts'
import type { Connection } from '../listener/connection.ts'
import type { DynamicMetadata } from '../metadata/dynamic.ts'
import type { ResponseContext } from '../route/decision.ts'
import type { DecisionRecord } from '../telemetry/decision-record.ts'

interface Chance {
  readonly random: () => number
}

export class RequestFacts<Services extends Chance> implements Omit<ResponseContext, 'setCookie'> {
  readonly services: Services
  readonly connection: Connection
  readonly head: RequestHead
  readonly record: DecisionRecord

  constructor(services: Services, connection: Connection, head: RequestHead, record: DecisionRecord) {
    this.services = services
    this.connection = connection
    this.head = head
    this.record = record
    record.request = head
    record.originalPath = head.path
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
    return this.record.host?.address
  }

  get upstreamCluster(): string | undefined {
    return this.record.cluster?.name
  }

  get responseCode(): number {
    return this.record.status
  }

  get responseFlags(): string {
    return this.record.flags || '-'
  }
}
