/** Rules for TrafficExtension: as strict as Istio's admission. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPolicyTarget } from '../policy-target.ts'
import { checkTrafficSelectors, checkWasm } from '../wasmplugin/validate.ts'
import type { TrafficExtensionSpec } from './schema.ts'

export function validateTrafficExtension(
  object: ConfigObject<'TrafficExtension', string, TrafficExtensionSpec>,
  findings: Findings,
): void {
  const { spec } = object
  const at = findings.at('spec')
  checkPolicyTarget(spec, at)
  checkTrafficSelectors(spec.match, at.at('match'))
  if (!spec.wasm && !spec.lua) at.error('it extends nothing: expected wasm or lua')
  if (spec.wasm) checkWasm(spec.wasm, at.at('wasm'))
}
