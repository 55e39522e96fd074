/**
 * Who may do what at a workload (Istio's AuthorizationPolicy). Everything a rule can ask for is one form, a requirement: an attribute with
 * values of which one must match, and values of which none may. Sources, operations and conditions differ only in how they combine.
 */
import type { Origin } from './origin.ts'
import type { PolicyTarget } from './policy-target.ts'

export type AccessAction = 'allow' | 'deny' | 'audit' | 'custom'

export interface AccessPolicy extends PolicyTarget {
  readonly name: string
  readonly action: AccessAction
  /** Name of the external authorizer, for action custom. */
  readonly provider: string
  /** Only counted, never enforced. */
  readonly dryRun: boolean
  /** One must match; none: the policy never does. */
  readonly rules: readonly AccessRule[]
  readonly created: string
  readonly origin: Origin
}

/** Matches when one of `from`, one of `to` and all of `when` do; an empty list asks for nothing. */
export interface AccessRule {
  readonly from: readonly (readonly Requirement[])[]
  readonly to: readonly (readonly Requirement[])[]
  readonly when: readonly Requirement[]
  readonly origin: Origin
}

export interface Requirement {
  readonly attribute: AccessAttribute
  /** One must match; empty: any. "abc*", "*abc" and "*" (anything but nothing) where the attribute is a text. */
  readonly values: readonly string[]
  /** None may match. */
  readonly notValues: readonly string[]
  /** How the configuration calls it, for messages: "principals", "request.headers[x-user]". */
  readonly field: string
  readonly origin: Origin
}

export type AccessAttribute =
  /** Of the peer's certificate, "trust domain/ns/namespace/sa/account"; service accounts are "namespace/account". */
  | { readonly kind: 'principal' | 'namespace' | 'service-account' | 'trust-domain' }
  /** Of the token: "issuer/subject". */
  | { readonly kind: 'request-principal' }
  /** Of the token, from outside in. */
  | { readonly kind: 'claim'; readonly path: readonly string[] }
  /** The peer's address; the original client's, after X-Forwarded-For. */
  | { readonly kind: 'source-ip' | 'remote-ip' | 'destination-ip' | 'destination-port' | 'sni' }
  | { readonly kind: 'host' | 'method' | 'path' }
  | { readonly kind: 'header'; readonly name: string }
  /** What a filter left behind. */
  | { readonly kind: 'metadata'; readonly filter: string; readonly path: readonly string[] }

/** Attributes that only HTTP requests have. */
export function isOfHttp({ kind }: AccessAttribute): boolean {
  switch (kind) {
    case 'request-principal':
    case 'claim':
    case 'host':
    case 'method':
    case 'path':
    case 'header':
      return true
    default:
      return false
  }
}

/** "ns[shop]-policy[cart]-rule[0]": how log lines and statistics name a rule. */
export function ruleName({ namespace, name }: AccessPolicy, index: number): string {
  return `ns[${namespace}]-policy[${name}]-rule[${index}]`
}
