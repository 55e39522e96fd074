/** The service of echo.proto, for backends and for callers. */
import path from 'node:path'
import * as grpc from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

const echoProto = loadSync(path.join(import.meta.dirname, 'echo.proto'), { keepCase: true })
export const EchoService = (grpc.loadPackageDefinition(echoProto)['echo'] as unknown as { Echo: grpc.ServiceClientConstructor })
  .Echo
