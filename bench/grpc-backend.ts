/** A gRPC server (grpc-js) that echoes, for the benchmark. Prints its port. */
import * as grpc from '@grpc/grpc-js'
import { ECHO } from './grpc-echo.ts'

const server = new grpc.Server()
server.addService(ECHO, {
  unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) => done(null, call.request),
  stream(call: grpc.ServerDuplexStream<Buffer, Buffer>) {
    call.on('data', (message: Buffer) => call.write(message))
    call.on('end', () => call.end())
  },
})
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  console.log(port)
})
