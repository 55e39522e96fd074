/** Statuses of Gateway API objects are those that Istio writes: by object, parent and listener (type, status and reason of each condition). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import type { Condition, ObjectStatus } from '../../src/compile/gateway-api/conditions.ts'
import { compile } from '../../src/compile/mesh.ts'
import { DEFAULT_SETTINGS } from '../../src/model/settings.ts'
import { CERTIFICATE, PRIVATE_KEY } from '../../src/proxy/cluster/certificates.testing.ts'
import { fields, list, oracleFile, oracleFiles, oracleText, text, withoutOracle } from './oracle.ts'
import { rawObjects } from './raw-objects.ts'

/** Objects that get no conditions compared there. */
const UNJUDGED: ReadonlySet<string> = new Set(['InferencePool'])

for (const name of oracleFiles('gateway-status').filter(entry => !entry.endsWith('.yaml'))) {
  test(`gatewayStatus: ${name} is judged as Istio does`, { skip: withoutOracle }, async t => {
    const statuses = statusesOf(documents(`gateway-status/${name}/input.yaml`))
    const expected = documents(`gateway-status/${name}/expected-status.yaml`)
    for (const object of expected) {
      const title = `${text(object, 'kind')} ${text(fields(object, 'metadata'), 'namespace')}/${text(fields(object, 'metadata'), 'name')}`
      if (UNJUDGED.has(text(object, 'kind'))) continue
      await t.test(title, () => {
        const found = statuses.get(title)
        assert.ok(found, `there is a status of ${title}, beside ${[...statuses.keys()].join(', ')}`)
        assert.deepEqual(actual(found), wanted(fields(object, 'status')))
      })
    }
    await t.test('nothing else gets a status', () => {
      const titles = new Set(
        expected.map(
          object =>
            `${text(object, 'kind')} ${text(fields(object, 'metadata'), 'namespace')}/${text(fields(object, 'metadata'), 'name')}`,
        ),
      )
      assert.deepEqual(
        [...statuses.keys()].filter(title => !titles.has(title)),
        [],
      )
    })
  })
}

test('the gateway-status oracle was there', { skip: withoutOracle }, () => assert.ok(oracleFiles('gateway-status').length > 3))

function documents(file: string): unknown[] {
  return parseAllDocuments(oracleText(file)).flatMap(document => {
    const value: unknown = document.toJS()
    return value === null ? [] : [value]
  })
}

function statusesOf(input: readonly unknown[]): Map<string, ObjectStatus> {
  const surroundings = oracleFile('gateway-status/surroundings.yaml')
  const domainSuffix = text(surroundings, 'domainSuffix')
  const services = list(surroundings, 'services').map(entry => serviceObject(entry, domainSuffix))
  const others = list(surroundings, 'objects').map(withCertificates)
  const names = new Set(
    [...input, ...services, ...others].map(object => text(fields(object, 'metadata'), 'namespace') || 'default'),
  )
  // Istio's tests label each namespace with the first part of its name.
  const namespaces = [...names].map(name => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'istio.io/test-name-part': name.split('-')[0] ?? '' } },
  }))
  const objects = rawObjects([...input, ...services, ...others, ...namespaces])
  const { statuses } = compile(objects, { settings: { ...DEFAULT_SETTINGS, domainSuffix }, serviceRange: '' })
  return new Map(statuses.map(status => [`${status.object.kind} ${status.object.namespace}/${status.object.name}`, status]))
}

function serviceObject(entry: unknown, domainSuffix: string): object {
  const hostname = text(entry, 'hostname')
  const namespace = text(entry, 'namespace')
  const ports = list(entry, 'ports').map(port => ({ name: text(port, 'name'), port: Number(text(port, 'port')) }))
  const suffix = `.${namespace}.svc.${domainSuffix}`
  if (!hostname.endsWith(suffix)) {
    const spec = {
      hosts: [hostname],
      ports: list(entry, 'ports').map((port, i) => ({
        name: `${text(port, 'name')}-${i}`,
        number: Number(text(port, 'port')),
        protocol: text(port, 'protocol'),
      })),
      resolution: 'DNS',
    }
    return { apiVersion: 'networking.istio.io/v1', kind: 'ServiceEntry', metadata: { name: hostname, namespace }, spec }
  }
  const external = Object.values(fields(fields(entry, 'externalAddresses'), 'addresses')).flatMap(list =>
    Array.isArray(list) ? list : [],
  )
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: hostname.slice(0, -suffix.length), namespace },
    spec: { type: 'LoadBalancer', ports },
    status: { loadBalancer: { ingress: external.map(ip => ({ ip: String(ip) })) } },
  }
}

function withCertificates(object: unknown): unknown {
  const fill = (value: unknown) =>
    Object.fromEntries(
      Object.entries(fields(value)).map(([key, entry]) => [
        key,
        String(entry).replace('$CERTIFICATE', CERTIFICATE).replace('$KEY', PRIVATE_KEY),
      ]),
    )
  const whole = fields(object)
  return {
    ...whole,
    ...(whole['stringData'] ? { stringData: fill(whole['stringData']) } : {}),
    ...(whole['data'] ? { data: fill(whole['data']) } : {}),
  }
}

function actual(status: ObjectStatus): object {
  const brief = (conditions: readonly Condition[] = []) =>
    conditions.map(({ type, status: is, reason }) => `${type} ${is} ${reason}`).sort()
  return shape({
    conditions: brief(status.conditions),
    addresses: (status.addresses ?? []).map(({ type, value }) => `${type} ${value}`).sort(),
    listeners: (status.listeners ?? []).map(({ name, attachedRoutes, supportedKinds, conditions }) => ({
      name,
      attachedRoutes,
      supportedKinds: supportedKinds.map(({ kind }) => kind).sort(),
      conditions: brief(conditions),
    })),
    parents: (status.parents ?? []).map(({ parentRef, controllerName, conditions }) => ({
      parent: JSON.stringify(Object.entries(parentRef).sort()),
      controllerName,
      conditions: brief(conditions),
    })),
  })
}

function wanted(status: unknown): object {
  const brief = (at: unknown) =>
    list(at, 'conditions')
      .map(entry => `${text(entry, 'type')} ${text(entry, 'status')} ${text(entry, 'reason')}`)
      .sort()
  return shape({
    conditions: brief(status),
    addresses: list(status, 'addresses')
      .map(entry => `${text(entry, 'type')} ${text(entry, 'value')}`)
      .sort(),
    listeners: list(status, 'listeners').map(entry => ({
      name: text(entry, 'name'),
      attachedRoutes: Number(text(entry, 'attachedRoutes')),
      supportedKinds: list(entry, 'supportedKinds')
        .map(kind => text(kind, 'kind'))
        .sort(),
      conditions: brief(entry),
    })),
    parents: list(status, 'parents').map(entry => ({
      parent: JSON.stringify(Object.entries(fields(entry, 'parentRef')).sort()),
      controllerName: text(entry, 'controllerName'),
      conditions: brief(entry),
    })),
  })
}

interface Shape {
  readonly conditions: readonly string[]
  readonly addresses: readonly string[]
  readonly listeners: readonly { readonly name: string }[]
  readonly parents: readonly { readonly parent: string }[]
}

/** The order of listeners and parents does not count. */
function shape({ listeners, parents, ...rest }: Shape): object {
  return {
    ...rest,
    listeners: [...listeners].sort((a, b) => (a.name < b.name ? -1 : 1)),
    parents: [...parents].sort((a, b) => (a.parent < b.parent ? -1 : 1)),
  }
}
