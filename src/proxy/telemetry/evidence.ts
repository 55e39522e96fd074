/** What a diagnosis is made of, and what its rules find. */
import type { ConfigOrigin } from '../route/decision.ts'

/** Who has to act. `network`: neither side, but what is between them. */
export type Culprit = 'caller' | 'callee' | 'mesh configuration' | 'network'

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
