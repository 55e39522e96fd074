/** Makes the gRPC calls of a row, on a channel of its own: to a sidecar's forward, or to an xDS target without a sidecar. */
import * as grpc from '@grpc/grpc-js'
import { EchoService } from './echo-service.ts'
import { repeat } from './repeat.ts'
import type { GrpcCall } from './scenario.ts'

export interface GrpcOutcome {
  /** gRPC status name: "OK". */
  readonly code: string
  readonly details: string
  readonly served: string | undefined
  readonly pod: string | undefined
  readonly messages: readonly string[]
}

interface EchoReply {
  readonly text: string
  readonly served: string
  readonly pod: string
}

const DEADLINE_MS = 5_000
/** How many calls of a repeated one travel at once. */
const PARALLEL = 8

/** @param target "127.0.0.1:21010", "xds:///grpc:7000" */
export async function callGrpc(
  target: string,
  call: GrpcCall,
  security = grpc.credentials.createInsecure(),
): Promise<GrpcOutcome[]> {
  const client = new EchoService(target, security, {
    ...(target.startsWith('xds:') ? {} : { 'grpc.default_authority': call.to }),
    'grpc.enable_http_proxy': 0,
  })
  try {
    return await repeat(call.times ?? 1, PARALLEL, () => once(client, call))
  } finally {
    client.close()
  }
}

function once(client: grpc.Client, { rpc, message, metadata: pairs }: GrpcCall): Promise<GrpcOutcome> {
  const metadata = new grpc.Metadata()
  for (const [name, value] of Object.entries(pairs ?? {})) metadata.set(name, value)
  const options = { deadline: Date.now() + DEADLINE_MS }
  const definition = EchoService.service[rpc]
  if (!definition) throw new Error(`Cannot call "${rpc}": echo.proto has no such method`)
  const { path, requestSerialize: encode, responseDeserialize: decode } = definition
  return new Promise(resolve => {
    const replies: EchoReply[] = []
    const onReply = (reply: EchoReply) => replies.push(reply)
    const finish = (status: grpc.StatusObject) =>
      resolve({
        code: grpc.status[status.code] ?? String(status.code),
        details: status.details,
        served: replies[0]?.served,
        pod: replies[0]?.pod,
        messages: replies.map(reply => reply.text),
      })
    if (rpc === 'Unary') {
      const done = (_error: unknown, reply?: EchoReply) => {
        if (reply) onReply(reply)
      }
      client.makeUnaryRequest(path, encode, decode, { text: message }, metadata, options, done).on('status', finish)
      return
    }
    if (rpc === 'ServerStream') {
      const stream = client.makeServerStreamRequest(path, encode, decode, { text: message }, metadata, options)
      listen(stream, onReply, finish)
      return
    }
    const stream = client.makeBidiStreamRequest(path, encode, decode, metadata, options)
    listen(stream, onReply, finish)
    for (const text of message.split(',')) stream.write({ text })
    stream.end()
  })
}

function listen(
  stream: grpc.ClientReadableStream<EchoReply> | grpc.ClientDuplexStream<unknown, EchoReply>,
  onReply: (reply: EchoReply) => void,
  finish: (status: grpc.StatusObject) => void,
): void {
  stream.on('data', onReply)
  stream.on('error', () => undefined) // the status tells
  stream.on('status', finish)
}
