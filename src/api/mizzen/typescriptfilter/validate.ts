/** Rules for TypeScriptFilter. */
import { stripTypes } from '../../../lib/strip-types.ts'
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkLabels } from '../../values/labels.ts'
import { checkDuration } from '../../values/quantity.ts'
import type { TypeScriptFilterSpec } from './schema.ts'

export function validateTypeScriptFilter(
  object: ConfigObject<'TypeScriptFilter', string, TypeScriptFilterSpec>,
  findings: Findings,
): void {
  const { source, timeLimit, workloadSelector } = object.spec
  const at = findings.at('spec')
  checkLabels(workloadSelector?.matchLabels, at.at('workloadSelector', 'matchLabels'))
  if (timeLimit !== undefined) at.at('timeLimit').check(checkDuration(timeLimit))
  const stripped = stripTypes(source)
  if ('problem' in stripped) {
    at.at('source').error(`the module is not TypeScript that can be run: ${stripped.problem}`)
    return
  }
  if (!/\bexport\s+default\b|\bas\s+default\b/.test(stripped.code))
    at.at('source').error('the module has no default export: expected "export default { onRequest(request) { ... } }"')
}
