/** WasmPlugin (extensions.istio.io): a WebAssembly module in the way of requests or connections. */
import { type Static, Type } from 'typebox'
import { asMapBy } from '../../schema/list-types.ts'
import { cel, described, int32, message, struct } from '../../schema/message.ts'
import { ONE_TARGET, policyTargetFields } from '../policy-target.ts'
import { TypePortSelector, WorkloadMode } from '../selector.ts'

const EnvVar = message(
  {
    valueFrom: Type.Enum(['INLINE', 'HOST'], { default: 'INLINE', description: "INLINE: value; HOST: the proxy's own variable" }),
    value: Type.String({ maxLength: 2048, description: 'the value, with valueFrom INLINE' }),
  },
  { name: Type.String({ minLength: 1, maxLength: 256, description: 'name of the variable' }) },
  cel('value is for valueFrom INLINE only', "!has(self.valueFrom) || self.valueFrom != 'HOST' || !has(self.value)"),
)

/** What WasmPlugin says at its top and TrafficExtension under `wasm`. */
export const wasmSettings = {
  sha256: Type.String({ pattern: '(^$|^[a-f0-9]{64}$)', description: 'checksum of the module or image, in hexadecimal' }),
  imagePullPolicy: Type.Enum(['UNSPECIFIED_POLICY', 'IfNotPresent', 'Always'], {
    default: 'UNSPECIFIED_POLICY',
    description: 'when to fetch again; default: Always for images with the tag latest, otherwise IfNotPresent',
  }),
  imagePullSecret: Type.String({
    minLength: 1,
    maxLength: 253,
    description: 'Secret of this namespace with the credentials of the registry',
  }),
  verificationKey: Type.String({ description: 'not used, as in Istio' }),
  pluginConfig: struct({ description: 'configuration that the module is given' }),
  pluginName: Type.String({
    minLength: 1,
    maxLength: 256,
    description: 'root id, by which some modules tell their plugins apart',
  }),
  failStrategy: Type.Enum(['FAIL_CLOSE', 'FAIL_OPEN', 'FAIL_RELOAD'], {
    default: 'FAIL_CLOSE',
    description: 'when the module is broken: refuse requests, go on without it, or make a new instance',
  }),
  vmConfig: message(
    {
      env: Type.Array(EnvVar, {
        maxItems: 256,
        description: 'environment variables',
        ...asMapBy('name'),
      }),
    },
    {},
    { description: 'the machine that the module runs in' },
  ),
  type: Type.Enum(['UNSPECIFIED_PLUGIN_TYPE', 'HTTP', 'NETWORK'], {
    default: 'UNSPECIFIED_PLUGIN_TYPE',
    description: 'a filter of HTTP requests (default) or of connections',
  }),
}

export const wasmUrl = Type.String({
  minLength: 1,
  description: 'where the module is: oci:// (also without a scheme), http://, https:// or file://',
  ...cel(
    'expected the scheme oci, http, https or file',
    "(isURL(self) ? url(self) : url('http://' + self)).getScheme() in ['', 'http', 'https', 'oci', 'file']",
  ),
})

/** Which traffic an extension sees: all conditions of one entry must hold, and one entry is enough. */
export const trafficSelectors = Type.Array(
  message({
    mode: described('CLIENT: requests sent, SERVER: requests received; default both', WorkloadMode),
    ports: Type.Array(TypePortSelector, {
      description: 'ports of the service (requests sent) or the workload (received); default: any',
      ...asMapBy('number'),
    }),
  }),
  { description: 'the traffic that passes through; default: all' },
)

export const priority = int32({ default: 0, description: 'within a phase the highest comes first' })

export const WasmPluginSpec = message(
  {
    ...policyTargetFields,
    ...wasmSettings,
    phase: Type.Enum(['UNSPECIFIED_PHASE', 'AUTHN', 'AUTHZ', 'STATS'], {
      default: 'UNSPECIFIED_PHASE',
      description: 'place in the chain: before authentication, authorization or statistics; default: at the end',
    }),
    priority,
    match: trafficSelectors,
  },
  { url: wasmUrl },
  { 'x-kubernetes-validations': [ONE_TARGET] },
)
export type WasmPluginSpec = Static<typeof WasmPluginSpec>
