/** TypeScriptFilter (mizzen.dev): a filter of the user's own, a module that sees requests and responses. */
import { type Static, Type } from 'typebox'
import { duration, int32, message, struct, uint32 } from '../../schema/message.ts'
import { workloadSelector } from '../target.ts'

export const TypeScriptFilterSpec = message(
  {
    workloadSelector: workloadSelector(
      'the workloads, or gateways, with these labels in the namespace of this object; absent: all of it. In the root namespace: everywhere',
    ),
    traffic: Type.Enum(['Inbound', 'Outbound', 'All'], {
      default: 'Inbound',
      description: 'Inbound: requests to the workload. Outbound: those that it makes. At a gateway all requests are meant',
    }),
    order: int32({ default: 0, description: 'of several filters the one with the lower number sees a request first' }),
    config: struct({ description: 'the module gets it as context.config' }),
    timeLimit: duration({ default: '200ms', description: 'how long the module may take for one question' }),
    bodyLimit: uint32({
      minimum: 1,
      default: 1_048_576,
      description: 'bytes of a body that is handed to the module; requests with more get 413, responses with more fail',
    }),
    memoryLimit: uint32({ minimum: 16, maximum: 4096, default: 64, description: 'of the module, in megabytes' }),
    failureMode: Type.Enum(['Deny', 'Allow'], {
      default: 'Deny',
      description: 'when the module throws or takes too long. Deny: an answer 500. Allow: the message passes as it is',
    }),
  },
  {
    source: Type.String({
      minLength: 1,
      maxLength: 262_144,
      description: 'TypeScript: a module whose default export is an object with hooks (docs/typescript-filters.md)',
    }),
  },
)
export type TypeScriptFilterSpec = Static<typeof TypeScriptFilterSpec>
