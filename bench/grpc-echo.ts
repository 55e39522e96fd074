/** The service of the gRPC benchmark: bytes in, the same bytes out. */
import type { ServiceDefinition } from '@grpc/grpc-js'

const bytes = (value: Buffer) => value
const codec = { requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes }

export const ECHO = {
  unary: { path: '/bench.Echo/Unary', requestStream: false, responseStream: false, ...codec },
  stream: { path: '/bench.Echo/Stream', requestStream: true, responseStream: true, ...codec },
} as const satisfies ServiceDefinition
