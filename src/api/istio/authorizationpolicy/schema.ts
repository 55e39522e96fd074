/** AuthorizationPolicy (security.istio.io): who may do what at a workload. */
import { type Static, Type } from 'typebox'
import { message } from '../../schema/message.ts'
import { ONE_TARGET, policyTargetFields } from '../policy-target.ts'

const WILDCARDS = '"abc" exactly, "abc*" as beginning, "*abc" as end, "*" anything but nothing'
const texts = (description: string) => Type.Array(Type.String(), { description })
const serviceAccounts = (description: string) => Type.Array(Type.String({ maxLength: 320 }), { maxItems: 16, description })

const EXCLUSIVE_SERVICE_ACCOUNTS = {
  rule: '(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) && !has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true',
  message: 'Cannot set serviceAccounts with namespaces or principals',
}

/** All fields that are there must hold; of a list, one entry. */
export const Source = message(
  {
    principals: texts(`identities in certificates, "cluster.local/ns/shop/sa/cart"; ${WILDCARDS}`),
    notPrincipals: texts('none of these'),
    requestPrincipals: texts('identities in tokens, "issuer/subject"'),
    notRequestPrincipals: texts('none of these'),
    namespaces: texts('namespaces of identities in certificates'),
    notNamespaces: texts('none of these'),
    serviceAccounts: serviceAccounts('"name" in the own namespace or "namespace/name"; no wildcards'),
    notServiceAccounts: serviceAccounts('none of these'),
    trustDomains: texts('trust domains of identities in certificates'),
    notTrustDomains: texts('none of these'),
    ipBlocks: texts('addresses and ranges of the peer that is connected'),
    notIpBlocks: texts('none of these'),
    remoteIpBlocks: texts('addresses and ranges of the original client, after X-Forwarded-For'),
    notRemoteIpBlocks: texts('none of these'),
  },
  {},
  { 'x-kubernetes-validations': [EXCLUSIVE_SERVICE_ACCOUNTS] },
)
export type Source = Static<typeof Source>

/** All fields that are there must hold; of a list, one entry. */
export const Operation = message({
  hosts: texts(`of HTTP requests, whatever their case; ${WILDCARDS}`),
  notHosts: texts('none of these'),
  ports: texts('of the workload'),
  notPorts: texts('none of these'),
  methods: texts('of HTTP requests; gRPC has only POST'),
  notMethods: texts('none of these'),
  paths: texts('of HTTP requests, without query; with {*} for one segment and {**} for any number'),
  notPaths: texts('none of these'),
})
export type Operation = Static<typeof Operation>

export const Condition = message(
  { values: texts('one of these'), notValues: texts('none of these') },
  {
    key: Type.String({ description: 'an attribute: "request.headers[x-user]", "source.ip", "request.auth.claims[group]", ...' }),
  },
)
export type Condition = Static<typeof Condition>

const many = { maxItems: 512 }

/** Matches when one of `from`, one of `to` and all of `when` do. */
export const Rule = message({
  from: Type.Array(message({ source: Source }), many),
  to: Type.Array(message({ operation: Operation }), many),
  when: Type.Array(Condition, many),
})
export type Rule = Static<typeof Rule>

export const AuthorizationPolicySpec = message(
  {
    ...policyTargetFields,
    rules: Type.Array(Rule, { ...many, description: 'one of them must match; none: the policy never matches' }),
    action: Type.Enum(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM'], { default: 'ALLOW' }),
    provider: message({
      name: Type.String({ description: 'an extensionProvider of the mesh configuration, for action CUSTOM' }),
    }),
  },
  {},
  { 'x-kubernetes-validations': [ONE_TARGET] },
)
export type AuthorizationPolicySpec = Static<typeof AuthorizationPolicySpec>
