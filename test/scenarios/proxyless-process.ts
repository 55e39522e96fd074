/**
 * A gRPC application without a proxy: @grpc/grpc-js-xds asks the control plane itself. A process of its own, because its bootstrap comes from
 * the environment (GRPC_XDS_BOOTSTRAP) and holds for the whole process. It makes the calls that it is sent, a line of JSON each, as the
 * program in test/grpc-go does.
 */
import { createInterface } from 'node:readline'
import { credentials } from '@grpc/grpc-js'
import { register, XdsChannelCredentials } from '@grpc/grpc-js-xds'
import { callGrpc } from './grpc-call.ts'
import type { CallAnswer, CallOrder } from './proxyless.ts'

register()
const security = new XdsChannelCredentials(credentials.createInsecure())
for await (const line of createInterface({ input: process.stdin })) {
  const { id, call } = JSON.parse(line) as CallOrder
  // A channel for each order: it asks for its resources anew, so that it cannot still be on those of the row before.
  const outcomes = await callGrpc(`xds:///${call.to}`, call, security)
  process.stdout.write(`${JSON.stringify({ id, outcomes } satisfies CallAnswer)}\n`)
}
process.exit()
