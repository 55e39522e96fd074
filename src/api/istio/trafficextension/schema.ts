/** TrafficExtension (extensions.istio.io): a WebAssembly module or a Lua script in the way of requests. */
import { type Static, Type } from 'typebox'
import { described, exclusive, message } from '../../schema/message.ts'
import { policyTargetFields } from '../policy-target.ts'
import { priority, trafficSelectors, wasmSettings, wasmUrl } from '../wasmplugin/schema.ts'

const WasmConfig = message(wasmSettings, { url: wasmUrl })

const LuaConfig = message(
  {},
  {
    inlineCode: Type.String({
      minLength: 1,
      maxLength: 65536,
      description: 'the script; it defines envoy_on_request, envoy_on_response or both',
    }),
  },
)

export const TrafficExtensionSpec = message(
  {
    selector: policyTargetFields.selector,
    targetRefs: policyTargetFields.targetRefs,
    phase: Type.Enum(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS'], {
      default: 'UNSPECIFIED',
      description: 'place in the chain: before authentication, authorization or statistics; default: at the end',
    }),
    priority,
    match: trafficSelectors,
    wasm: described('the WebAssembly module', WasmConfig),
    lua: described('the Lua script', LuaConfig),
  },
  {},
  {
    ...exclusive(['wasm', 'lua']),
    'x-kubernetes-validations': [
      { message: 'selector and targetRefs exclude each other', rule: '!has(self.selector) || !has(self.targetRefs)' },
      { message: 'expected wasm or lua', rule: 'has(self.wasm) || has(self.lua)' },
    ],
  },
)
export type TrafficExtensionSpec = Static<typeof TrafficExtensionSpec>
