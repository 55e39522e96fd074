/** Rules of netfilter as iptables takes them, in tables and chains, for one family of addresses. */

export type Family = 'v4' | 'v6'
export type Table = 'mangle' | 'nat' | 'raw'

export interface Rule {
  readonly table: Table
  readonly chain: string
  /** Place from the top, from 1; undefined: at the end. */
  readonly insertAt?: number
  /** Matches and target: ['-p', 'tcp', '-j', 'ISTIO_INBOUND']. */
  readonly words: readonly string[]
}

/** Chains that the kernel has; others are ours. */
export const BUILT_IN: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'])

/** The chain that a rule leads to, or the target. */
export function targetOf({ words }: Rule): string {
  return words[words.indexOf('-j') + 1] ?? ''
}

/** Without jumps to chains that have no rules. */
export function withoutEmptyChains(rules: readonly Rule[]): readonly Rule[] {
  const filled = new Set(rules.map(({ table, chain }) => `${table} ${chain}`))
  return rules.filter(rule => !targetOf(rule).startsWith('ISTIO_') || filled.has(`${rule.table} ${targetOf(rule)}`))
}

/** Our chains of a table, in the order in which they appear. */
export function chainsOf(rules: readonly Rule[], table: Table): readonly string[] {
  return [...new Set(rules.filter(rule => rule.table === table).map(({ chain }) => chain))].filter(chain => !BUILT_IN.has(chain))
}
