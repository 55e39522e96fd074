/** The gRPC status of a response, where it has one: in the trailers, or in the head of a response without a body. */
import type { DecisionRecord } from './decision-record.ts'

export function grpcStatusOf({ responseTrailers, responseHeaders }: DecisionRecord): number | undefined {
  const text = responseTrailers?.get('grpc-status') ?? responseHeaders?.get('grpc-status')
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
