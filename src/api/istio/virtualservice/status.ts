/** Statuses and retry conditions by name. */
import { STATUS_CODES } from 'node:http'
import { grpcStatusNames } from '../../../lib/grpc-status.ts'

export const retryConditions: ReadonlySet<string> = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

export function isGrpcStatus(name: string): boolean {
  return grpcStatusNames.includes(name)
}

/** Whether the text is the number of a status that has a name (RFC 9110 and its relatives). */
export function isHttpStatus(text: string): boolean {
  return /^\d{3}$/.test(text) && Object.hasOwn(STATUS_CODES, text)
}
