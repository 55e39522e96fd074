/** A server of @grpc/grpc-js-xds in a process of its own: `node js-server.ts HOST:PORT "echo v1" echo-0` (GRPC_XDS_BOOTSTRAP from its environment). */
import * as grpc from '@grpc/grpc-js'
import { register, XdsServer, XdsServerCredentials } from '@grpc/grpc-js-xds'
import { EchoService } from '../scenarios/echo-service.ts'

interface Message {
  readonly text: string
}

register()
const [address = '', served = '', pod = ''] = process.argv.slice(2)
const server = new XdsServer()
server.addService(EchoService.service, {
  Unary: (call: grpc.ServerUnaryCall<Message, object>, done: grpc.sendUnaryData<object>) =>
    done(null, { text: call.request.text, served, pod }),
  ServerStream(call: grpc.ServerWritableStream<Message, object>) {
    for (const text of call.request.text.split(',')) call.write({ text, served, pod })
    call.end()
  },
  BidiStream(call: grpc.ServerDuplexStream<Message, object>) {
    call.on('data', ({ text }: Message) => call.write({ text, served, pod }))
    call.on('end', () => call.end())
    call.on('error', () => {})
  },
})
const credentials = new XdsServerCredentials(grpc.ServerCredentials.createInsecure())
server.bindAsync(address, credentials, error => {
  if (error) throw error
})
