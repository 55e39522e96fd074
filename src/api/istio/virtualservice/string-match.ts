/** Rules for StringMatch: at most one way to match, no empty prefix or expression, RE2. */
import type { Findings } from '../../findings.ts'
import { checkRegex } from '../../values/regex.ts'
import type { StringMatch } from './schema.ts'

/** @param findings at the match */
export function checkStringMatch(
  match: StringMatch | undefined,
  findings: Findings,
  options: { emptyPrefix?: boolean } = {},
): void {
  if (match === undefined) return
  const given = Object.keys(match)
  if (given.length > 1) findings.error(`${given.join(' and ')} are both there: expected one of exact, prefix and regex`)
  if (match.prefix === '' && !options.emptyPrefix)
    findings.at('prefix').error('an empty prefix matches everything: expected text')
  if (match.regex === '') findings.at('regex').error('an empty regular expression matches nothing: expected text')
  else if (match.regex !== undefined) findings.at('regex').check(checkRegex(match.regex))
}
