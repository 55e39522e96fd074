/**
 * Which iptables a node has: rules of the kernel's nf_tables and of its older tables do not see each other, so ours must go where the others' are. Where
 * nothing is yet, the newer one is taken if the kernel has it.
 */
import type { RunCommand } from './command.ts'
import type { Family } from './rule.ts'

export interface Iptables {
  readonly variant: Variant
  readonly command: string
  readonly save: string
  readonly restore: string
}

export const VARIANTS = ['nft', 'legacy', 'default'] as const
export type Variant = (typeof VARIANTS)[number]

function named(variant: Variant, family: Family): Iptables {
  const program = family === 'v4' ? 'iptables' : 'ip6tables'
  const base = variant === 'default' ? program : `${program}-${variant}`
  return { variant, command: base, save: `${base}-save`, restore: `${base}-restore` }
}

/** @param wanted takes that one @throws when none works */
export function findIptables(run: RunCommand, family: Family, wanted?: Variant): Iptables {
  const candidates = (wanted === undefined ? VARIANTS : [wanted]).map(variant => named(variant, family))
  const problems: string[] = []
  const working = candidates.filter(({ command, save }) => {
    const listed = run([command, '-w', '-t', 'nat', '-S'])
    if (listed.code === 0 && run([save, '-t', 'nat']).code === 0) return true
    problems.push(`${command}: ${listed.stderr.trim() || 'does not work'}`)
    return false
  })
  const [first] = working
  if (first === undefined)
    throw new Error(
      `Cannot write rules: no ${named('default', family).command} works here (${problems.join('; ')}); expected root and NET_ADMIN`,
    )
  return working.find(({ save }) => /^-A /m.test(run([save]).stdout)) ?? first
}
