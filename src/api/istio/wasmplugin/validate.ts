/** Rules for WasmPlugin, and for what TrafficExtension shares with it: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort } from '../../values/address.ts'
import { checkPolicyTarget } from '../policy-target.ts'
import type { WasmPluginSpec } from './schema.ts'

export function validateWasmPlugin(object: ConfigObject<'WasmPlugin', string, WasmPluginSpec>, findings: Findings): void {
  const at = findings.at('spec')
  checkPolicyTarget(object.spec, at)
  checkWasm(object.spec, at)
  checkTrafficSelectors(object.spec.match, at.at('match'))
}

/** @param findings at the module's settings */
export function checkWasm({ url, vmConfig }: Pick<WasmPluginSpec, 'url' | 'vmConfig'>, findings: Findings): void {
  findings.at('url').check(checkModuleUrl(url))
  for (const [index, { value, valueFrom }] of (vmConfig?.env ?? []).entries()) {
    const at = findings.at('vmConfig', 'env', index)
    if (valueFrom === 'HOST' && value) at.at('value').error('valueFrom is HOST: expected no value beside it')
  }
}

const schemes = new Set(['http:', 'https:', 'file:', 'oci:'])

function checkModuleUrl(text: string): string | undefined {
  // Without a scheme it is an image, for which a colon may also begin a port or a tag: registry:5000/image, image:latest.
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  const url = URL.parse(hasScheme ? text : `oci://${text}`)
  const sound = url !== null && schemes.has(url.protocol) && !/%(?![0-9a-f]{2})/i.test(text) && !/[\s\p{Cc}]/u.test(text)
  return sound
    ? undefined
    : `${JSON.stringify(text)} is not the address of a module: expected one with the scheme oci, http, https or file`
}

/** @param findings at `match` */
export function checkTrafficSelectors(match: WasmPluginSpec['match'], findings: Findings): void {
  for (const [index, { ports = [] }] of (match ?? []).entries()) {
    for (const [place, { number }] of ports.entries()) findings.at(index, 'ports', place, 'number').check(checkPort(number))
  }
}
