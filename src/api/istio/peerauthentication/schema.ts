/** PeerAuthentication (security.istio.io): whether workloads take plaintext, mutual TLS, or both. */
import { type Static, Type } from 'typebox'
import { mapOf, message } from '../../schema/message.ts'
import { WorkloadSelector } from '../policy-target.ts'

export const MutualTls = message({
  mode: Type.Enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT'], {
    default: 'UNSET',
    description: 'UNSET takes over what the namespace or the mesh says, in the end PERMISSIVE: both plaintext and mutual TLS',
  }),
})
export type MutualTls = Static<typeof MutualTls>

export const PeerAuthenticationSpec = message(
  {
    selector: WorkloadSelector,
    mtls: MutualTls,
    portLevelMtls: mapOf(MutualTls, {
      minProperties: 1,
      description: 'by port of the workload, not of the service; only together with a selector',
      'x-kubernetes-validations': [
        { rule: 'self.all(key, 0 < int(key) && int(key) <= 65535)', message: 'port must be between 1-65535' },
      ],
    }),
  },
  {},
  {
    'x-kubernetes-validations': [
      {
        rule: '(has(self.selector) && has(self.selector.matchLabels) && self.selector.matchLabels.size() > 0) || !has(self.portLevelMtls)',
        message: 'portLevelMtls requires selector',
      },
    ],
  },
)
export type PeerAuthenticationSpec = Static<typeof PeerAuthenticationSpec>
