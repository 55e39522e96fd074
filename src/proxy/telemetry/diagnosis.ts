/**
 * What broke, whose fault it is, and what to change: one diagnosis of a request that failed, from its story alone. Pure; asked by the access
 * log, `mizzen explain` and the page.
 */
import type { ConfigOrigin } from '../route/decision.ts'
import { CAUSES } from './diagnosis-causes.ts'

/** Who has to act. `network`: neither side, but what is between them. */
export type Culprit = 'caller' | 'callee' | 'mesh configuration' | 'network'

export interface Diagnosis {
  readonly culprit: Culprit
  /** One sentence with cause and advice. */
  readonly sentence: string
  readonly cause: string
  readonly advice: string
  /** The configuration to look at. `file` empty and `line` 0: only the object is known here, the control plane knows where it stands. */
  readonly at?: ConfigOrigin
}

/** What a diagnosis is made of: a part of a request's story (story.ts). */
export interface Evidence {
  readonly side: 'inbound' | 'outbound' | 'unspecified'
  readonly protocol: string
  readonly method?: string
  readonly authority?: string
  readonly path?: string
  readonly status: number
  readonly grpcStatus?: number
  readonly flags: readonly string[]
  readonly details: string
  readonly durationMs: number
  readonly source: { readonly address: string; readonly principal?: string; readonly workload?: string }
  readonly destination?: { readonly address: string; readonly workload?: string }
  readonly listener: { readonly address: string }
  readonly mutualTls: boolean
  readonly route?: { readonly virtualHost: string; readonly name: string; readonly origin?: ConfigOrigin }
  readonly cluster?: string
  readonly service?: string
  readonly clusterOrigin?: ConfigOrigin
  readonly pick?: { readonly hosts: number; readonly healthy: number; readonly ejected: number; readonly secure?: boolean }
  readonly tries: readonly { readonly startMs: number; readonly endMs: number }[]
  readonly policy?: {
    readonly name?: string
    readonly reason?: string
    readonly rule?: { readonly object: string; readonly rule: string; readonly file: string; readonly line: number }
  }
  readonly transportFailure?: string
}

/** What a rule finds: the sentence is made of its parts. */
export interface Finding {
  readonly culprit: Culprit
  readonly cause: string
  readonly advice: string
  readonly at?: ConfigOrigin | undefined
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
