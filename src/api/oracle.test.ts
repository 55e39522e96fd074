/**
 * Verdicts of an existing mesh's admission, as data outside this repository: objects that it accepts, rejects or warns of. The folder is
 * $MIZZEN_ORACLE, or ../shared/oracle beside the repository; without it there is nothing to compare with.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { type Static, Type } from 'typebox'
import { Parse } from 'typebox/value'
import { parse, stringify } from 'yaml'
import { Findings } from './findings.ts'
import { originWithoutFile } from './object.ts'
import { readObject } from './read.ts'
import { kinds } from './registry.ts'
import { checkIpAddress, checkSubnet } from './values/address.ts'
import { checkDnsLabel, checkFqdn, checkTrustDomain, checkWildcardDomain } from './values/dns.ts'
import { checkHeaderMatchName, checkHeaderValue, checkStrictHeaderName } from './values/header.ts'
import { checkHttpStatus } from './values/quantity.ts'

const folder = path.join(process.env['MIZZEN_ORACLE'] ?? path.resolve(import.meta.dirname, '../../../shared/oracle'), 'validate')
const skip = existsSync(folder) ? false : `no oracle in ${folder} (set MIZZEN_ORACLE)`

const Case = Type.Object({
  id: Type.String(),
  valid: Type.Boolean(),
  warning: Type.Optional(Type.Boolean()),
  object: Type.Object(
    { kind: Type.String(), apiVersion: Type.Optional(Type.String()), spec: Type.Optional(Type.Unknown()) },
    { additionalProperties: Type.Unknown() },
  ),
})

/** Settings of the mesh are no objects: they are judged in the ConfigMap that carries them. */
function asDocument(object: Static<typeof Case>['object']): { readonly kind: string } {
  const { kind, spec } = object
  const data: Readonly<Record<string, unknown>> = {
    MeshConfig: { mesh: stringify(spec) },
    'MeshConfig.defaultConfig': { mesh: stringify({ defaultConfig: spec }) },
    MeshNetworks: { meshNetworks: stringify(spec) },
  }
  if (!Object.hasOwn(data, kind)) return object
  return { ...{ apiVersion: 'v1', metadata: { name: 'istio', namespace: 'istio-system' }, data: data[kind] }, kind: 'ConfigMap' }
}

function cases() {
  if (skip !== false) return []
  const files = readdirSync(folder).filter(name => name.endsWith('.yaml') && name !== 'values.yaml')
  const all = files.flatMap(name => Parse(Type.Array(Case), parse(readFileSync(path.join(folder, name), 'utf8'))))
  return all
    .map(each => ({ ...each, document: asDocument(each.object) }))
    .filter(each => Object.hasOwn(kinds, each.document.kind))
}

for (const { id, valid, warning, object, document } of cases()) {
  test(`readObject() ${valid ? 'accepts' : 'rejects'} ${object.kind} ${id}`, () => {
    const { findings } = readObject(document, originWithoutFile('oracle'))
    const errors = findings.filter(finding => finding.level === 'error')
    assert.equal(errors.length === 0, valid, JSON.stringify(errors))
    if (valid && warning !== undefined) assert.equal(findings.length > 0, warning, JSON.stringify(findings))
  })
}

const checks: Readonly<Record<string, (input: string) => string | undefined>> = {
  'http-header-name-strict': checkStrictHeaderName,
  'http-header-name-or-jwt-claim': checkHeaderMatchName,
  'http-header-value': checkHeaderValue,
  'http-status': input => checkHttpStatus(Number(input)),
  'port-name': input => checkDnsLabel(input, 'a port name'),
  fqdn: checkFqdn,
  'wildcard-domain': checkWildcardDomain,
  'trust-domain': checkTrustDomain,
  'ip-address': checkIpAddress,
  'ip-subnet': checkSubnet,
}

const Values = Type.Record(
  Type.String(),
  Type.Array(Type.Object({ input: Type.Union([Type.String(), Type.Number()]), valid: Type.Boolean() })),
)
const values = skip === false ? Parse(Values, parse(readFileSync(path.join(folder, 'values.yaml'), 'utf8'))) : {}

for (const [name, check] of Object.entries(checks)) {
  for (const { input, valid } of values[name] ?? []) {
    test(`${name} ${valid ? 'accepts' : 'rejects'} ${JSON.stringify(input)}`, () => {
      const findings = new Findings()
      findings.check(check(String(input)))
      assert.equal(findings.all.length === 0, valid, JSON.stringify(findings.all))
    })
  }
}

test('the oracle was there', { skip }, () => assert.ok(cases().length > 100))
