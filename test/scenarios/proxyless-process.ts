/**
 * A gRPC application without a proxy: @grpc/grpc-js-xds asks the control plane itself. A process of its own, because its bootstrap comes from
 * the environment (GRPC_XDS_BOOTSTRAP) and holds for the whole process. It makes the calls that its parent sends.
 */
import { register } from '@grpc/grpc-js-xds'
import { callGrpc } from './grpc-call.ts'
import type { CallAnswer, CallOrder } from './proxyless.ts'

register()
process.on('message', async (order: CallOrder) => {
  // A channel for each call: it asks for its resources anew, so that it cannot still be on those of the row before.
  const outcomes = await callGrpc(`xds:///${order.call.to}`, order.call)
  process.send?.({ id: order.id, outcomes } satisfies CallAnswer)
})
process.on('disconnect', () => process.exit())
