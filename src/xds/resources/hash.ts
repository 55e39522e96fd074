/** Consistent hashing: which part of a request decides where it goes. The cluster's side of it is in balancer.ts. */
import type { HashKey } from '../../model/traffic-policy.ts'
import { RouteAction_HashPolicy } from '../gen/envoy/config/route/v3/route_components.ts'
import { optionalDuration } from './values.ts'

export function hashPolicy(key: HashKey): RouteAction_HashPolicy {
  switch (key.kind) {
    case 'header':
      return policy({ $case: 'header', value: { headerName: key.name, regexRewrite: undefined } })
    case 'query':
      return policy({ $case: 'queryParameter', value: { name: key.name } })
    case 'source-ip':
      return policy({ $case: 'connectionProperties', value: { sourceIp: true } })
    case 'cookie': {
      const attributes = key.attributes.map(({ name, value }) => ({ name, value }))
      return policy({
        $case: 'cookie',
        value: { name: key.name, path: key.path, ttl: optionalDuration(key.ttlMs), attributes },
      })
    }
  }
}

function policy(policySpecifier: RouteAction_HashPolicy['policySpecifier']): RouteAction_HashPolicy {
  return RouteAction_HashPolicy.fromPartial({ policySpecifier })
}
