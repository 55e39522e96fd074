/** The filter that lets browsers call gRPC services: there where a port is declared gRPC-Web, as Istio puts it. */
import { remembering } from '../../lib/identity-memo.ts'
import type { Service } from '../../model/service.ts'
import { GrpcWeb } from '../gen/envoy/extensions/filters/http/grpc_web/v3/grpc_web.ts'
import { HttpFilter } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { pack } from '../wire/any.ts'
import type { HttpConnection } from './http-connection.ts'
import type { View } from './view.ts'

const FILTER = HttpFilter.fromPartial({
  name: 'envoy.filters.http.grpc_web',
  configType: { $case: 'typedConfig', value: pack('envoy.extensions.filters.http.grpc_web.v3.GrpcWeb', GrpcWeb, {}) },
})

export function grpcWebFilter({ grpcWeb }: HttpConnection): HttpFilter | undefined {
  return grpcWeb ? FILTER : undefined
}

/** Whether a service that is reached here is declared gRPC-Web. @param port undefined: all ports are reached here */
export function meetsGrpcWeb({ scope }: View, port?: number): boolean {
  const ports = grpcWebPorts(scope.services)
  return port === undefined ? ports.size > 0 : ports.has(port)
}

const grpcWebPorts = remembering(
  (services: readonly Service[]): ReadonlySet<number> =>
    new Set(services.flatMap(({ ports }) => ports.flatMap(({ protocol, number }) => (protocol === 'GRPC-Web' ? [number] : [])))),
)
