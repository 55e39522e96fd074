/**
 * What broke, whose fault it is, and what to change: one diagnosis of a request that failed, from its story alone. Pure; asked by the access
 * log, `mizzen explain` and the page.
 */
import type { ConfigOrigin } from '../route/decision.ts'
import { CAUSES } from './diagnosis-causes.ts'
import type { Culprit, Evidence, Finding } from './evidence.ts'

export interface Diagnosis {
  readonly culprit: Culprit
  /** One sentence with cause and advice. */
  readonly sentence: string
  readonly cause: string
  readonly advice: string
  /** The configuration to look at. `file` empty and `line` 0: only the object is known here, the control plane knows where it stands. */
  readonly at?: ConfigOrigin
}

/** @param evidence of a request that failed; of any other it says that nothing is wrong */
export function diagnose(evidence: Evidence): Diagnosis {
  const { culprit, cause, advice, at } = findingOf(evidence)
  const where = at === undefined ? '' : ` (${placeOf(at)})`
  const sentence = `${capitalized(cause)}${where}: ${advice}.`
  return at === undefined ? { culprit, sentence, cause, advice } : { culprit, sentence, cause, advice, at }
}

function findingOf(evidence: Evidence): Finding {
  for (const cause of CAUSES) {
    const found = cause(evidence)
    if (found !== undefined) return found
  }
  return { culprit: 'callee', cause: 'the request was not answered', advice: 'look at the logs of both sides' }
}

/** "VirtualService shop/cart http[0], cart.yaml:3" */
function placeOf({ origin, file, line, rule }: ConfigOrigin): string {
  const what = rule === '' ? origin : `${origin} ${rule}`
  return file === '' ? what : `${what}, ${file}${line > 0 ? `:${line}` : ''}`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
