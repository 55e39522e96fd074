/** Policies of HTTPProxy and GRPCProxy as Istio's security kinds. */
import type { AccessPolicy, Requirement } from '../../../model/access-policy.ts'
import type { TokenPolicy } from '../../../model/token-policy.ts'
import type { AccessParts } from '../access.ts'
import { type IstioObject, istio } from './object.ts'

export function securityObjects({ peerPolicies, tokenPolicies, accessPolicies }: AccessParts): IstioObject[] {
  return [
    ...peerPolicies.map(({ name, namespace, selector, mode }) =>
      istio('security', 'PeerAuthentication', name, namespace, {
        selector: { matchLabels: selector },
        mtls: { mode: mode?.toUpperCase() ?? 'UNSET' },
      }),
    ),
    ...tokenPolicies.map(requestAuthentication),
    ...accessPolicies.map(authorizationPolicy),
  ]
}

function requestAuthentication({ name, namespace, selector, rules }: TokenPolicy): IstioObject {
  return istio('security', 'RequestAuthentication', name, namespace, {
    selector: { matchLabels: selector },
    jwtRules: rules.map(({ issuer, audiences, keys, forward }) => ({
      issuer,
      audiences: audiences.length > 0 ? audiences : undefined,
      jwks: keys.kind === 'inline' ? keys.jwks : undefined,
      jwksUri: keys.kind === 'remote' ? keys.uri || undefined : undefined,
      forwardOriginalToken: forward || undefined,
    })),
  })
}

function authorizationPolicy({ name, namespace, selector, action, rules }: AccessPolicy): IstioObject {
  return istio('security', 'AuthorizationPolicy', name, namespace, {
    selector: { matchLabels: selector },
    action: action.toUpperCase(),
    rules: rules.map(({ from, to }) => ({
      from: from.length > 0 ? from.map(all => ({ source: fields(all) })) : undefined,
      to: to.length > 0 ? to.map(all => ({ operation: fields(all) })) : undefined,
    })),
  })
}

const FIELDS: Readonly<Record<string, string>> = {
  namespace: 'namespaces',
  'service-account': 'serviceAccounts',
  'request-principal': 'requestPrincipals',
  method: 'methods',
  path: 'paths',
}

function fields(requirements: readonly Requirement[]): object {
  return Object.fromEntries(
    requirements.map(({ attribute, values, notValues }) => {
      const name = FIELDS[attribute.kind] ?? attribute.kind
      return values.length > 0 ? [name, values] : [`not${name[0]?.toUpperCase()}${name.slice(1)}`, notValues]
    }),
  )
}
