/** Who may call: TLS, callers and tokens of HTTPProxy and GRPCProxy, as policies for the workloads of their service. */
import type { Caller, Jwt } from '../../api/mizzen/access.ts'
import type { ObjectHead, Path } from '../../api/object.ts'
import type { GRPCProxy, HTTPProxy } from '../../api/registry.ts'
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { AccessAttribute, AccessPolicy, AccessRule, Requirement } from '../../model/access-policy.ts'
import type { Labels } from '../../model/labels.ts'
import type { PeerMode, PeerPolicy } from '../../model/peer-policy.ts'
import type { Service } from '../../model/service.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { TokenPolicy } from '../../model/token-policy.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'
import { originOf } from '../origin.ts'
import { hostOf } from './layer.ts'

export interface AccessParts {
  readonly peerPolicies: readonly PeerPolicy[]
  readonly tokenPolicies: readonly TokenPolicy[]
  readonly accessPolicies: readonly AccessPolicy[]
  readonly problems: readonly Diagnostic[]
}

type Proxy = HTTPProxy | GRPCProxy

const memo = new IdentityMemo<AccessParts>()

/** Policies choose workloads by label, so the service has to be known: its selector says which they are. */
export function ownAccess(objects: Objects, services: readonly Service[], settings: MeshSettings): AccessParts {
  const guarded = [...objects.HTTPProxy, ...objects.GRPCProxy].filter(({ spec }) => spec.tls ?? spec.allow ?? spec.jwt)
  const found = guarded.map(object => {
    const host = hostOf(object.spec.host, object.namespace, settings)
    const service = services.find(each => each.hostname === host && each.namespace === object.namespace)
    return memo.get([object, service], () => (service?.selector ? policies(object, service.selector) : unknown(object, host)))
  })
  return {
    peerPolicies: found.flatMap(part => part.peerPolicies),
    tokenPolicies: found.flatMap(part => part.tokenPolicies),
    accessPolicies: found.flatMap(part => part.accessPolicies),
    problems: found.flatMap(part => part.problems),
  }
}

function unknown(object: Proxy, host: string): AccessParts {
  const problem = diagnostic(object, ['spec', 'host'], {
    code: 'MZ0203',
    level: 'error',
    message: `"${host}" is no service with workloads of the namespace "${object.namespace}"`,
    effect: 'tls, allow and jwt protect nothing',
    fix: 'put the object into the namespace of the service, and see that the Service has a selector',
  })
  return { peerPolicies: [], tokenPolicies: [], accessPolicies: [], problems: [problem] }
}

const MODES: Readonly<Record<string, PeerMode>> = { Strict: 'strict', Permissive: 'permissive', Disable: 'disable' }

function policies(object: Proxy, selector: Labels): AccessParts {
  const { namespace, name, spec } = object
  const common = { name, namespace, selector, created: object.creationTimestamp ?? '' }
  const { tls, jwt, allow } = spec
  const access = { ...common, targets: [], provider: '', dryRun: false }
  return {
    problems: [],
    peerPolicies: tls
      ? [{ ...common, mode: MODES[tls.mode ?? ''], ports: new Map(), origin: originOf(object, ['spec', 'tls']) }]
      : [],
    tokenPolicies: jwt ? [tokenPolicy(object, jwt, selector)] : [],
    accessPolicies: [
      ...(jwt && (jwt.required ?? true)
        ? [
            {
              ...access,
              name: `${name}-token`,
              action: 'deny' as const,
              rules: [withoutToken(object)],
              origin: originOf(object, ['spec', 'jwt']),
            },
          ]
        : []),
      ...(allow
        ? [
            {
              ...access,
              action: 'allow' as const,
              rules: allow.map((caller, index) => callerRule(object, caller, index)),
              origin: originOf(object, ['spec', 'allow']),
            },
          ]
        : []),
    ],
  }
}

function callerRule(object: Proxy, caller: Caller, index: number): AccessRule {
  const path = ['spec', 'allow', index]
  const { namespaces, serviceAccounts, methods, paths } = caller
  const accounts = serviceAccounts?.map(account => (account.includes('/') ? account : `${object.namespace}/${account}`))
  const from = [
    ...required(object, { kind: 'namespace' }, namespaces, 'namespaces', path),
    ...required(object, { kind: 'service-account' }, accounts, 'serviceAccounts', path),
  ]
  // A gRPC method is a path; to HTTP all of them are POST.
  const grpc = object.kind === 'GRPCProxy'
  const to = [
    ...required(
      object,
      { kind: grpc ? 'path' : 'method' },
      grpc ? methods?.map(method => `/${method}`) : methods,
      'methods',
      path,
    ),
    ...required(object, { kind: 'path' }, paths, 'paths', path),
  ]
  return { from: from.length > 0 ? [from] : [], to: to.length > 0 ? [to] : [], when: [], origin: originOf(object, path) }
}

function required(
  object: ObjectHead,
  attribute: AccessAttribute,
  values: readonly string[] | undefined,
  field: string,
  path: Path,
): Requirement[] {
  return values?.length ? [{ attribute, values, notValues: [], field, origin: originOf(object, [...path, field]) }] : []
}

/** Matches requests that no valid token came with. */
function withoutToken(object: ObjectHead): AccessRule {
  const origin = originOf(object, ['spec', 'jwt'])
  const attribute = { kind: 'request-principal' } as const
  return { from: [[{ attribute, values: [], notValues: ['*'], field: 'jwt', origin }]], to: [], when: [], origin }
}

/** As long as Istio waits for keys. */
const KEYS_TIMEOUT_MS = 5000

function tokenPolicy(object: Proxy, jwt: Jwt, selector: Labels): TokenPolicy {
  const { namespace, name } = object
  return {
    name,
    namespace,
    selector,
    targets: [],
    rules: jwt.providers.map(({ issuer, jwks, jwksUri, audiences, forward }, index) => ({
      issuer,
      audiences: audiences ?? [],
      keys: jwks ? { kind: 'inline', jwks } : { kind: 'remote', uri: jwksUri ?? '' },
      fromHeaders: [],
      fromParams: [],
      fromCookies: [],
      payloadHeader: '',
      claimHeaders: [],
      forward: forward ?? false,
      timeoutMs: KEYS_TIMEOUT_MS,
      listClaims: [],
      required: false,
      origin: originOf(object, ['spec', 'jwt', 'providers', index]),
    })),
    created: object.creationTimestamp ?? '',
    origin: originOf(object, ['spec', 'jwt']),
  }
}
