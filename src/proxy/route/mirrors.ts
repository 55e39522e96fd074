/**
 * RouteAction.request_mirror_policies: copies of requests whose answers nobody waits for.
 */
import type { RouteAction_RequestMirrorPolicy } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { Mirror } from './decision.ts'
import { runtimeFraction } from './fraction.ts'

/** @throws on what cannot be honoured, with the reason */
export function compileMirrors(policies: readonly RouteAction_RequestMirrorPolicy[]): readonly Mirror[] {
  return policies.map(policy => {
    if (policy.clusterHeader !== '') throw new Error('request_mirror_policies.cluster_header is not supported, expected cluster')
    if (policy.cluster === '') throw new Error('a request_mirror_policies entry has no cluster')
    const fraction = runtimeFraction(policy.runtimeFraction, 1)
    return {
      cluster: policy.cluster,
      fraction,
      sample: context => fraction >= 1 || context.random() < fraction,
      disableShadowHostSuffix: policy.disableShadowHostSuffixAppend,
    }
  })
}
