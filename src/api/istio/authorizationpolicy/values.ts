/** Rules for the values of sources, operations and conditions. */
import type { Findings } from '../../findings.ts'
import { checkSubnet } from '../../values/address.ts'
import { type Attribute, isIdentityAttribute, parseAttribute } from './attribute.ts'
import { checkPathTemplate } from './path-template.ts'
import type { Condition, Operation, Source } from './schema.ts'

type Check = (value: string) => string | undefined

const anyText: Check = () => undefined

const SOURCE: Readonly<Record<keyof Source, Check>> = {
  principals: anyText,
  notPrincipals: anyText,
  requestPrincipals: anyText,
  notRequestPrincipals: anyText,
  namespaces: anyText,
  notNamespaces: anyText,
  serviceAccounts: checkServiceAccount,
  notServiceAccounts: checkServiceAccount,
  trustDomains: checkTrustDomain,
  notTrustDomains: checkTrustDomain,
  ipBlocks: checkSubnet,
  notIpBlocks: checkSubnet,
  remoteIpBlocks: checkSubnet,
  notRemoteIpBlocks: checkSubnet,
}

const OPERATION: Readonly<Record<keyof Operation, Check>> = {
  hosts: anyText,
  notHosts: anyText,
  ports: checkPortText,
  notPorts: checkPortText,
  methods: anyText,
  notMethods: anyText,
  paths: checkPathTemplate,
  notPaths: checkPathTemplate,
}

/** @param findings at `source` */
export function checkSource(source: Source, findings: Findings): void {
  checkFields(source, SOURCE, 'principals, namespaces, ipBlocks or another field', findings)
  if (!source.serviceAccounts && !source.notServiceAccounts) return
  for (const field of ['principals', 'notPrincipals', 'namespaces', 'notNamespaces'] as const) {
    if (source[field]) findings.at(field).error(`serviceAccounts says it already: expected no ${field} beside it`)
  }
}

/** @param findings at `operation` */
export function checkOperation(operation: Operation, findings: Findings): void {
  checkFields(operation, OPERATION, 'hosts, ports, methods, paths or their opposites', findings)
}

function checkFields<Field extends string>(
  values: { readonly [Name in Field]?: readonly string[] },
  checks: Readonly<Record<Field, Check>>,
  expected: string,
  findings: Findings,
): void {
  const fields: readonly (readonly [string, Check])[] = Object.entries<Check>(checks)
  const given = new Map<string, readonly string[] | undefined>(Object.entries<readonly string[] | undefined>(values))
  if (fields.every(([field]) => (given.get(field) ?? []).length === 0)) findings.error(`it says nothing: expected ${expected}`)
  for (const [field, check] of fields) checkValues(given.get(field) ?? [], check, findings.at(field))
}

function checkValues(values: readonly string[], check: Check, findings: Findings): void {
  for (const [index, value] of values.entries()) {
    findings.at(index).check(value === '' ? 'an empty value matches nothing: expected a text' : check(value))
  }
}

/** @param custom of action CUSTOM, which cannot ask for identities @param findings at the condition */
export function checkCondition({ key, values = [], notValues = [] }: Condition, custom: boolean, findings: Findings): void {
  if (key === '') {
    findings.at('key').error('a condition needs an attribute: expected one such as "request.headers[x-user]"')
    return
  }
  const attribute = parseAttribute(key)
  if (!attribute) {
    findings
      .at('key')
      .error(
        `"${key}" is no attribute: expected source.ip, source.namespace, request.headers[name], request.auth.claims[name] or another that is listed in Istio's documentation`,
      )
    return
  }
  if (values.length === 0 && notValues.length === 0) findings.error(`nothing is asked of ${key}: expected values or notValues`)
  if (custom && isIdentityAttribute(attribute))
    findings.at('key').error(`${key} cannot be used with action CUSTOM: expected another attribute`)
  const check = conditionCheck(attribute)
  checkValues(values, check, findings.at('values'))
  checkValues(notValues, check, findings.at('notValues'))
}

function conditionCheck({ kind }: Attribute): Check {
  switch (kind) {
    case 'source.ip':
    case 'remote.ip':
    case 'destination.ip':
      return checkSubnet
    case 'destination.port':
      return checkPortText
    case 'source.serviceAccount':
      return checkServiceAccount
    case 'source.trustDomain':
      return checkTrustDomain
    default:
      return anyText
  }
}

function checkPortText(text: string): string | undefined {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535) return undefined
  return `${JSON.stringify(text)} is not a port: expected "1" to "65535"`
}

function checkServiceAccount(text: string): string | undefined {
  const parts = text.split('/')
  if (parts.length <= 2 && parts.every(part => part !== '') && !text.includes('*')) return undefined
  return `${JSON.stringify(text)} is not a service account: expected "name" or "namespace/name", without wildcards`
}

function checkTrustDomain(text: string): string | undefined {
  if (/^(?:\*|\*?[^*/]+|[^*/]+\*)$/.test(text)) return undefined
  return `${JSON.stringify(text)} is not a trust domain: expected a name without "/", with at most one "*" at its beginning or end`
}
