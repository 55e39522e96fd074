/** One gRPC call of the proxy's own, a message there and one back, through a cluster: to authorizers and rate limit services. */
import { fromByteText, toByteText } from '../../lib/byte-text.ts'
import type { GrpcService } from '../../xds/gen/envoy/config/core/v3/grpc_service.ts'
import { durationMs } from '../../xds/wire/duration.ts'
import { HeaderList } from '../http/headers.ts'
import type { Clusters } from './cluster.ts'
import { type Answer, exchange } from './exchange.ts'

/** Where calls of one kind go. */
export interface GrpcTarget {
  readonly cluster: string
  readonly authority: string
  readonly timeoutMs: number
  /** name, value, name, value ... as they are sent with each call. */
  readonly metadata: readonly string[]
}

/** @param defaultTimeoutMs where the service names no timeout @throws on settings that this proxy does not follow */
export function readGrpcTarget(service: GrpcService | undefined, defaultTimeoutMs: number): GrpcTarget {
  const target = service?.targetSpecifier
  if (target?.$case !== 'envoyGrpc') throw new Error(`grpc_service has ${target?.$case ?? 'no target'}, expected envoy_grpc`)
  const { clusterName, authority } = target.value
  return {
    cluster: clusterName,
    authority: authority || clusterName,
    timeoutMs: durationMs(service?.timeout) ?? defaultTimeoutMs,
    metadata: (service?.initialMetadata ?? []).flatMap(({ key, value }) => [key.toLowerCase(), toByteText(value)]),
  }
}

/**
 * @param method "/package.Service/Method" @param message encoded
 * @param done is called once, never before this returns: with the encoded answer, or why there is none
 * @returns gives the call up
 */
export function grpcUnary(
  clusters: Clusters,
  { cluster, authority, timeoutMs, metadata }: GrpcTarget,
  method: string,
  message: Uint8Array,
  done: (answer: Buffer | Error) => void,
): () => void {
  const head = {
    protocol: 'HTTP/2',
    method: 'POST',
    scheme: 'http',
    authority,
    path: method,
    headers: new HeaderList([
      'te',
      'trailers',
      'content-type',
      'application/grpc',
      'grpc-timeout',
      `${Math.min(timeoutMs, MOST_TIMEOUT)}m`,
      ...metadata,
    ]),
    upgrade: undefined,
  } as const
  const body = Buffer.allocUnsafe(FRAME_HEAD + message.length)
  body.writeUInt8(0, 0)
  body.writeUInt32BE(message.length, 1)
  body.set(message, FRAME_HEAD)
  return exchange(clusters, { cluster, head, body, timeoutMs }, answer =>
    done(answer instanceof Error ? answer : messageOf(answer)),
  )
}

/** Flag and length before each message (gRPC over HTTP/2, "Length-Prefixed-Message"). */
const FRAME_HEAD = 5
/** A timeout has 8 digits at most. */
const MOST_TIMEOUT = 99_999_999

function messageOf({ status, headers, trailers, body }: Answer): Buffer | Error {
  const end = trailers?.has('grpc-status') ? trailers : headers
  const code = end.get('grpc-status')
  if (code === undefined) return new Error(`HTTP status ${status} without a grpc-status`)
  if (code !== '0') return new Error(`gRPC status ${code}: ${fromByteText(end.get('grpc-message') ?? '')}`)
  if (body.length < FRAME_HEAD) return new Error('gRPC status 0 without a message')
  if (body.readUInt8(0) !== 0) return new Error('the message is compressed')
  if (body.readUInt32BE(1) !== body.length - FRAME_HEAD) return new Error('not exactly one message came')
  return body.subarray(FRAME_HEAD)
}
