/** Rules for header operations, and for the authority, which must be rewritten in one place only. */
import type { Findings } from '../../findings.ts'
import { checkHeaderValue, checkStrictHeaderName, isAuthority } from '../../values/header.ts'
import type { HeaderOperations, Headers, HTTPRewrite } from './schema.ts'

/** @param findings at `headers` */
export function checkHeaderOperations(headers: Headers | undefined, findings: Findings): void {
  if (headers?.request) checkOperations(headers.request, true, findings.at('request'))
  if (headers?.response) checkOperations(headers.response, false, findings.at('response'))
}

function checkOperations(operations: HeaderOperations, authorityAllowed: boolean, findings: Findings): void {
  for (const operation of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(operations[operation] ?? {})) {
      const at = findings.at(operation, name)
      at.check(checkName(name, authorityAllowed) ?? checkHeaderValue(value))
    }
  }
  for (const [index, name] of (operations.remove ?? []).entries()) findings.at('remove', index).check(checkName(name, false))
}

function checkName(name: string, authorityAllowed: boolean): string | undefined {
  if (!isAuthority(name)) return checkStrictHeaderName(name)
  return authorityAllowed ? undefined : `"${name}" cannot be changed here: expected it under request.set or rewrite.authority`
}

/** @param findings at the rule */
export function checkAuthorityOnce(rewrite: HTTPRewrite | undefined, headers: Headers | undefined, findings: Findings): void {
  const places: string[] = rewrite?.authority ? ['rewrite.authority'] : []
  for (const operation of ['set', 'add'] as const) {
    for (const name of Object.keys(headers?.request?.[operation] ?? {})) {
      if (isAuthority(name)) places.push(`headers.request.${operation}["${name}"]`)
    }
  }
  if (places.length > 1) findings.error(`the authority is set more than once, by ${places.join(' and ')}: expected one of them`)
}
