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
    return `${JSON.stringify(pattern)} is not a regular expression of RE2 (${reason}${placeIn(pattern, reason)}): expected one without look-around and back-references`
  }
}

/** Where the part stands that the parser names, which it does not say itself; a group that is not closed is named by all of the text. */
function placeIn(pattern: string, reason: string): string {
  const part = /: `(.*)`$/s.exec(reason)?.[1]
  if (part === undefined) return ''
  const open = part === pattern ? unclosed(pattern) : pattern.indexOf(part)
  return open < 0 ? '' : ` at character ${open + 1}`
}

/** The last bracket that opens and is never closed. */
function unclosed(pattern: string): number {
  const open: number[] = []
  for (const { 0: character, index } of pattern.matchAll(/\\.|[()]/gs)) {
    if (character === '(') open.push(index)
    if (character === ')') open.pop()
  }
  return open.at(-1) ?? pattern.indexOf('[')
}
