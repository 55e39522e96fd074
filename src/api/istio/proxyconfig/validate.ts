/** Rules for ProxyConfig: as strict as Istio's admission. What the fields may hold is in the schema. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkWorkloadSelector } from '../policy-target.ts'
import type { ProxyConfigSpec } from './schema.ts'

export function validateProxyConfig(object: ConfigObject<'ProxyConfig', string, ProxyConfigSpec>, findings: Findings): void {
  checkWorkloadSelector(object.spec.selector, findings.at('spec', 'selector'))
}
