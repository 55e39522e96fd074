/** Filters that users have written (TypeScriptFilter), and whose requests they see. */
import { IdentityMemo } from '../lib/identity-memo.ts'
import type { Origin } from './origin.ts'
import { isFor, type PolicyTarget, type TargetedWorkload } from './policy-target.ts'

export interface ScriptFilter {
  readonly name: string
  readonly namespace: string
  readonly target: PolicyTarget
  readonly traffic: 'inbound' | 'outbound' | 'all'
  /** The lower one sees a request first. */
  readonly order: number
  /** JavaScript. */
  readonly module: string
  readonly config: Readonly<Record<string, unknown>>
  readonly timeLimitMs: number
  /** Bytes. */
  readonly bodyLimit: number
  readonly memoryLimitMb: number
  /** Whether messages pass when the module fails. */
  readonly failOpen: boolean
  readonly created: string
  readonly origin: Origin
}

const known = new IdentityMemo<readonly ScriptFilter[]>()

/** In the order in which a request meets them; the same list for proxies with the same filters. @returns undefined: none */
export function scriptFiltersOf(
  filters: readonly ScriptFilter[],
  workload: TargetedWorkload,
  rootNamespace: string,
): readonly ScriptFilter[] | undefined {
  if (filters.length === 0) return undefined
  const meant = filters.filter(({ target }) => isFor(target, workload, rootNamespace))
  return meant.length === 0 ? undefined : known.get(meant, () => [...meant].sort((a, b) => a.order - b.order))
}
