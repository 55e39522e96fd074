/** Checks of regular expressions: the data plane speaks RE2, so look-around and back-references are not there. */
import { RE2JS } from 're2js'

/** Envoy's limit would be on the compiled size; Istio's rule is on the text. */
const MAX_LENGTH = 1024

/** @returns what is wrong, or undefined */
export function checkRegex(pattern: string): string | undefined {
  if (pattern.length > MAX_LENGTH)
    return `the regular expression is ${pattern.length} characters long: expected at most ${MAX_LENGTH}`
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `${JSON.stringify(pattern)} is not a regular expression of RE2 (${reason}): expected one without look-around and back-references`
  }
}
