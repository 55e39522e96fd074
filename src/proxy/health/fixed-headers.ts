/** Header fields that a check carries: the same for every check, because there is no request to take values from. */
import type { HeaderValueOption } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { compileHeaderValue } from '../route/header-format.ts'

export type HeaderField = readonly [name: string, value: string]

/** @param field for the message @throws on a value that depends on a request */
export function fixedHeaders(field: string, options: readonly HeaderValueOption[]): HeaderField[] {
  return options.map(({ header }) => {
    const name = header?.key.toLowerCase() ?? ''
    if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name))
      throw new Error(`malformed header name "${name}" in a health check's ${field}, expected letters, digits and hyphens`)
    const value = compileHeaderValue(header?.value ?? '')
    if (typeof value !== 'string' || /[\0\r\n]/.test(value))
      throw new Error(`header "${name}" of a health check has the value "${header?.value}", expected one without commands`)
    return [name, value] as const
  })
}
