/**
 * Two external authorizers, one that is asked over HTTP and one over gRPC, with the same rules: whoever says who they are (x-user) may pass,
 * "mallory" may not, "nobody-home" gets no sensible answer, everybody else is asked who they are.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import * as grpc from '@grpc/grpc-js'
import { CheckRequest, CheckResponse } from '../../src/xds/gen/envoy/service/auth/v3/external_auth.ts'
import { StatusCode } from '../../src/xds/gen/envoy/type/v3/http_status.ts'

export interface Authorizers {
  readonly httpPort: number
  readonly grpcPort: number
  close(): Promise<void>
}

export async function startAuthorizers(): Promise<Authorizers> {
  const overHttp = http.createServer(async (request, response) => {
    let length = 0
    for await (const chunk of request) length += chunk.length
    const user = String(request.headers['x-user'] ?? '')
    const seen = { 'x-authz-path': request.url, 'x-authz-host': request.headers.host, 'x-authz-body': String(length) }
    const told = {
      ...seen,
      'x-authz-extra': request.headers['x-extra'] ?? 'none',
      'x-authz-secret': request.headers['x-secret'] ?? 'none',
    }
    if (user === 'nobody-home') response.writeHead(500).end()
    else if (user === 'mallory') response.writeHead(403, { 'x-reason': 'is mallory', 'x-internal': 'yes' }).end('not you')
    else if (user === '') response.writeHead(401, { 'www-authenticate': 'Basic realm="shop"' }).end('who are you?')
    else response.writeHead(200, { ...told, 'x-verified-user': user, 'x-seen-by': 'http' }).end()
  })
  await new Promise<void>(resolve => overHttp.listen(0, '127.0.0.1', resolve))
  const overGrpc = new grpc.Server()
  overGrpc.addService(AUTHORIZATION, { Check: check })
  const grpcPort = await new Promise<number>((resolve, reject) =>
    overGrpc.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )
  const address = overHttp.address() as AddressInfo
  return {
    httpPort: address.port,
    grpcPort,
    close: () => {
      overGrpc.forceShutdown()
      overHttp.closeAllConnections()
      return new Promise(resolve => overHttp.close(() => resolve()))
    },
  }
}

const AUTHORIZATION = {
  Check: {
    path: '/envoy.service.auth.v3.Authorization/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: (message: CheckRequest) => Buffer.from(CheckRequest.encode(message).finish()),
    requestDeserialize: (bytes: Buffer) => CheckRequest.decode(bytes),
    responseSerialize: (message: CheckResponse) => Buffer.from(CheckResponse.encode(message).finish()),
    responseDeserialize: (bytes: Buffer) => CheckResponse.decode(bytes),
  },
}

function check(call: grpc.ServerUnaryCall<CheckRequest, CheckResponse>, done: grpc.sendUnaryData<CheckResponse>): void {
  const request = call.request.attributes?.request?.http
  const user = request?.headers['x-user'] ?? ''
  if (request === undefined) done(null, overBytes(call.request))
  else if (user === 'nobody-home') done({ code: grpc.status.INTERNAL, details: 'as asked' })
  else if (user === 'mallory') done(null, denied(StatusCode.Forbidden, 'not you', 'x-reason', 'is mallory'))
  else if (user === '') done(null, denied(StatusCode.Unauthorized, 'who are you?', 'www-authenticate', 'Basic realm="shop"'))
  else done(null, allowed(user, request.path, request.body.length))
}

/** Connections are told apart by nothing but the port they come to. */
function overBytes({ attributes }: CheckRequest): CheckResponse {
  const address = attributes?.destination?.address?.address
  const known = address?.$case === 'socketAddress' && address.value.address === '127.0.0.1'
  return CheckResponse.fromPartial({ status: { code: known ? 0 : 7 } })
}

function denied(code: StatusCode, body: string, name: string, value: string): CheckResponse {
  return CheckResponse.fromPartial({
    status: { code: 7 },
    httpResponse: { $case: 'deniedResponse', value: { status: { code }, body, headers: [{ header: { key: name, value } }] } },
  })
}

function allowed(user: string, path: string, bodyLength: number): CheckResponse {
  const header = (key: string, value: string, append?: boolean) => ({ header: { key, value }, append })
  return CheckResponse.fromPartial({
    status: { code: 0 },
    httpResponse: {
      $case: 'okResponse',
      value: {
        headers: [
          header('x-verified-user', user),
          header('x-authz-path', path),
          header('x-authz-body', String(bodyLength)),
          header('x-list', 'second', true),
        ],
        headersToRemove: ['x-secret'],
        responseHeadersToAdd: [header('x-seen-by', 'grpc')],
        queryParametersToSet: user === 'query' ? [{ key: 'user', value: user }] : [],
        queryParametersToRemove: user === 'query' ? ['token'] : [],
      },
    },
    dynamicMetadata: { user },
  })
}
