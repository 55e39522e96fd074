/** ProxyConfig (networking.istio.io): settings that a workload's proxy is started with. */
import { type Static, Type } from 'typebox'
import { described, int32, mapOf, message } from '../../schema/message.ts'
import { WorkloadSelector } from '../policy-target.ts'

export const ProxyImage = message({
  imageType: Type.String({ description: 'variant of the image: default, debug, distroless, or one of your own' }),
})

export const ProxyConfigSpec = message({
  selector: described('the workloads meant, by their labels; absent: all of the namespace', WorkloadSelector),
  concurrency: int32({ minimum: 0, description: 'number of worker threads; 0: as many as there are processors' }),
  environmentVariables: mapOf(Type.String({ maxLength: 2048 }), {
    description: 'environment of the proxy; names that begin with ISTIO_META_ go to the control plane as metadata',
  }),
  image: described('the image that the proxy runs from', ProxyImage),
})
export type ProxyConfigSpec = Static<typeof ProxyConfigSpec>
