/** Rules for EnvoyFilter: as strict as Istio's admission and schema. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkPort } from '../../values/address.ts'
import { checkSelector } from '../../values/labels.ts'
import { checkRegex } from '../../values/regex.ts'
import { checkPolicyTarget } from '../policy-target.ts'
import { checkMatch } from './match-rules.ts'
import { checkPatchValue } from './patch-value.ts'
import type { EnvoyConfigObjectPatch, EnvoyFilterSpec } from './schema.ts'

export function validateEnvoyFilter(object: ConfigObject<'EnvoyFilter', string, EnvoyFilterSpec>, findings: Findings): void {
  const { workloadSelector, targetRefs = [], configPatches = [] } = object.spec
  const at = findings.at('spec')
  at.warning('it changes what the mesh makes for Envoy, which may be otherwise in the next version: check it at every upgrade')
  if (workloadSelector) checkSelector(workloadSelector.labels, at.at('workloadSelector', 'labels'))
  if (workloadSelector && targetRefs.length > 0) at.error('workloadSelector and targetRefs are both there: expected one of them')
  checkPolicyTarget({ targetRefs }, at)
  for (const [index, patch] of configPatches.entries()) checkConfigPatch(patch, at.at('configPatches', index))
}

function checkConfigPatch({ applyTo = 'INVALID', match, patch }: EnvoyConfigObjectPatch, findings: Findings): void {
  if (applyTo === 'INVALID')
    findings.error('"applyTo" is missing: expected the kind of object that is changed', { code: 'missing-field' })
  checkContext(match, findings.at('match'))
  if (match?.proxy?.proxyVersion) findings.at('match', 'proxy', 'proxyVersion').check(checkRegex(match.proxy.proxyVersion))
  if (match) checkMatch(applyTo, match, findings.at('match'))

  const { operation = 'INVALID', value } = patch ?? {}
  const at = findings.at('patch')
  if (!patch) findings.error('"patch" is missing: expected an operation and a value', { code: 'missing-field' })
  else if (operation === 'INVALID')
    at.error('"operation" is missing: expected what is done with the value', { code: 'missing-field' })
  else if (operation !== 'REMOVE' && value === undefined)
    at.error(`"value" is missing: expected the object, or a part of it, to ${operation}`, { code: 'missing-field' })
  if (value !== undefined) checkPatchValue(applyTo, value, at.at('value'))
  if (applyTo === 'BOOTSTRAP' && operation !== 'INVALID' && operation !== 'MERGE')
    at.at('operation').error(`a bootstrap cannot be changed by ${operation}: expected MERGE`)
}

function checkContext(match: EnvoyConfigObjectPatch['match'], findings: Findings): void {
  if (match === undefined) return
  const forWaypoints = match.context === 'WAYPOINT'
  if (match.waypoint && !forWaypoints) findings.error('waypoint is for the context WAYPOINT: expected it beside')
  if (forWaypoints && !match.waypoint) findings.error('the context is WAYPOINT: expected waypoint, {} for all')
  const port = match.waypoint?.portNumber
  if (port !== undefined) findings.at('waypoint', 'portNumber').check(checkPort(port))
}
