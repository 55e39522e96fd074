/**
 * Payments over gRPC, with the standard health service. Where GRPC_XDS_BOOTSTRAP is set, it needs no proxy: the mesh's certificates and policies
 * come to the library itself.
 */
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'

const proto = grpc.loadPackageDefinition(loader.loadSync(path.join(import.meta.dirname, 'payments.proto')))
const health = {
  Check: {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes => bytes,
    requestDeserialize: bytes => bytes,
    responseSerialize: bytes => bytes,
    responseDeserialize: bytes => bytes,
  },
}
const SERVING = Buffer.from([0x08, 0x01]) // HealthCheckResponse { status: SERVING }

/** The server, and what it takes connections with. */
async function makeServer() {
  const plaintext = grpc.ServerCredentials.createInsecure()
  if (!process.env.GRPC_XDS_BOOTSTRAP) return { server: new grpc.Server(), credentials: plaintext }
  const { register, XdsServer, XdsServerCredentials } = await import('@grpc/grpc-js-xds')
  register()
  return { server: new XdsServer(), credentials: new XdsServerCredentials(plaintext) }
}

let payments = 0
const { server, credentials } = await makeServer()
server.addService(proto.shop.payments.Payments.service, {
  Charge({ request }, done) {
    if (request.cents <= 0) return done({ code: grpc.status.INVALID_ARGUMENT, details: `cannot charge ${request.cents} cents` })
    payments += 1
    done(null, { payment: `pay-${payments}`, servedBy: process.env.HOSTNAME ?? 'local' })
  },
  async Watch(stream) {
    for (const step of ['authorised', 'captured', 'settled']) {
      stream.write({ step: `${stream.request.payment}: ${step}` })
      await sleep(50)
    }
    stream.end()
  },
})
server.addService(health, { Check: (_call, done) => done(null, SERVING) })

const port = Number(process.env.PORT ?? 50051)
server.bindAsync(`${process.env.HOST ?? '0.0.0.0'}:${port}`, credentials, error => {
  if (error) throw error
  console.log(`listening on port ${port} (gRPC)`)
})
process.on('SIGTERM', () => server.tryShutdown(() => process.exit(0)))
