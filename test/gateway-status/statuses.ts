/** What the Gateway API's objects in a text are told, as short lines: "Accepted False NoMatchingParent". */
import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'
import { originWithoutFile } from '../../src/api/object.ts'
import { readObject } from '../../src/api/read.ts'
import type { Condition, ObjectStatus } from '../../src/compile/gateway-api/conditions.ts'
import { type Compiled, compile } from '../../src/compile/mesh.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import { Store } from '../../src/source/store.ts'

/** Two namespaces with a service each, a certificate, authorities, and a Service in front of the gateways. */
const WORLD = `
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: bank, labels: {team: bank}}}
---
{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: shop}, spec: {ports: [{name: http, port: 80}, {name: https, port: 443}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: vault, namespace: bank}, spec: {ports: [{name: http, port: 80}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: front, namespace: shop}, spec: {ports: [{port: 80, name: a}, {port: 443, name: b}, {port: 8080, name: c}, {port: 9000, name: d}]}}
---
{apiVersion: v1, kind: Secret, metadata: {name: pair, namespace: shop}, type: kubernetes.io/tls, stringData: {tls.crt: $CERTIFICATE, tls.key: $KEY}}
---
{apiVersion: v1, kind: Secret, metadata: {name: pair, namespace: bank}, type: kubernetes.io/tls, stringData: {tls.crt: $CERTIFICATE, tls.key: $KEY}}
---
{apiVersion: v1, kind: Secret, metadata: {name: malformed, namespace: shop}, type: kubernetes.io/tls, stringData: {tls.crt: no, tls.key: no}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: authorities, namespace: shop}, data: {ca.crt: $CERTIFICATE}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: authorities, namespace: bank}, data: {ca.crt: $CERTIFICATE}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: malformed, namespace: shop}, data: {ca.crt: no}}
`

/** A Gateway "edge" in namespace shop, reached through Service front. */
export function edge(listeners: string, more = ''): string {
  return `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  gatewayClassName: mizzen
  addresses: [{type: Hostname, value: front}]
  listeners: [${listeners}]
  ${more}
`
}

/** @param spec as YAML in one line @param meta more of the metadata */
export function object(kind: string, name: string, spec: string, meta = 'namespace: shop'): string {
  const group = kind === 'ServiceEntry' ? 'networking.istio.io/v1' : 'gateway.networking.k8s.io/v1'
  return `{apiVersion: ${group}, kind: ${kind}, metadata: {name: ${name}, ${meta}}, spec: ${spec}}`
}

export function compileText(...texts: readonly string[]): Compiled {
  const filled = `${WORLD}\n---\n${texts.join('\n---\n')}`
  const objects = parseAllDocuments(filled).flatMap(document => {
    const value: unknown = document.toJS({
      reviver: (_, entry: unknown) => (entry === '$CERTIFICATE' ? CERTIFICATE : entry === '$KEY' ? PRIVATE_KEY : entry),
    })
    if (value === null) return []
    const { object: read, findings } = readObject(value, originWithoutFile('test'))
    assert.ok(read, JSON.stringify(findings))
    return [read]
  })
  const store = new Store()
  store.source().publish(objects)
  return compile(store.snapshot().objects)
}

/** By "Kind name": its own conditions, those of listeners as "name: ...", those of parents and ancestors as "parent/section: ...". */
export function statusesOf(...texts: readonly string[]): Record<string, readonly string[]> {
  const { statuses } = compileText(...texts)
  return Object.fromEntries(statuses.map(status => [`${status.object.kind} ${status.object.name}`, lines(status)]))
}

function lines(status: ObjectStatus): string[] {
  return [
    ...brief(status.conditions),
    ...(status.addresses ?? []).map(({ type, value }) => `address ${type} ${value}`),
    ...(status.attachedListenerSets === undefined ? [] : [`sets ${status.attachedListenerSets}`]),
    ...(status.listeners ?? []).flatMap(({ name, attachedRoutes, supportedKinds, conditions }) => [
      `${name}: ${attachedRoutes} of ${supportedKinds.map(({ kind }) => kind).join('+') || 'nothing'}`,
      ...brief(conditions, `${name}: `),
    ]),
    ...(status.parents ?? []).flatMap(({ parentRef, conditions }) =>
      brief(conditions, `${[parentRef.name, parentRef.sectionName, parentRef.port].filter(Boolean).join('/')}: `),
    ),
    ...(status.ancestors ?? []).flatMap(({ ancestorRef, conditions }) => brief(conditions, `${ancestorRef.name}: `)),
  ]
}

/** What is as it should be is left out, so that a case says what matters. */
function brief(conditions: readonly Condition[] = [], prefix = ''): string[] {
  return conditions.flatMap(({ type, status, reason }) =>
    reason === type || reason === 'NoConflicts' || reason === 'MissingUseWaypointLabel'
      ? []
      : [`${prefix}${type} ${status} ${reason}`],
  )
}
