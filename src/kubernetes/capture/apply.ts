/** Puts the rules into the kernel, and takes them out again. Either all of a family's rules are there afterwards, or none. */
import { must, type RunCommand, runCommand } from './command.ts'
import type { CaptureConfig } from './config.ts'
import { findIptables, type Iptables, type Variant } from './iptables.ts'
import { nftablesRemoval, nftablesText } from './nftables.ts'
import { restoreText, TABLES } from './restore-text.ts'
import { BUILT_IN, type Family, type Rule, type Table } from './rule.ts'
import { captureRules } from './rules.ts'

export interface ApplyOptions {
  /** @default in this network namespace */
  readonly run?: RunCommand
  /** nftables' own language instead of iptables. */
  readonly nftables?: boolean
  /** @default what works, see iptables.ts */
  readonly iptables?: Variant | undefined
  /** Takes away what is there, even when it is the same already. */
  readonly force?: boolean
  readonly say?: (sentence: string) => void
}

const FAMILIES: readonly Family[] = ['v4', 'v6']

/** Applied a second time, it changes nothing. @throws when the kernel refuses; then no rule is left */
export function applyCapture(config: CaptureConfig, options: ApplyOptions = {}): void {
  const { run = runCommand, nftables = false, force = false, say = () => {} } = options
  try {
    for (const family of familiesOf(config)) {
      const rules = captureRules(config, family)
      if (nftables) must(run, ['nft', '-f', '-'], nftablesText(rules, family))
      else {
        const tool = findIptables(run, family, options.iptables)
        const standing = standingRules(tool, run)
        if (!force && isThere(rules, standing, tool, run)) {
          say(`${tool.command} has the rules already`)
          continue
        }
        if (standing.length > 0) removeRules(rules, tool, run)
        must(run, [tool.restore, '--noflush', '-w'], restoreText(rules))
      }
      applyRoutes(config, family, run, say)
    }
  } catch (error) {
    removeCapture(config, { ...options, say: () => {} })
    throw error
  }
}

/** Takes away everything that capture made, of this configuration and of one before. */
export function removeCapture(config: CaptureConfig, options: ApplyOptions = {}): void {
  const { run = runCommand } = options
  for (const family of FAMILIES) {
    if (options.nftables === true) run(['nft', '-f', '-'], nftablesRemoval(family))
    else {
      const tool = tryFind(run, family, options.iptables)
      if (tool !== undefined) removeRules(captureRules(config, family), tool, run)
    }
    removeRoutes(config, family, run)
  }
}

export function familiesOf({ ipv6 }: Pick<CaptureConfig, 'ipv6'>): readonly Family[] {
  return ipv6 ? FAMILIES : ['v4']
}

function tryFind(run: RunCommand, family: Family, variant: Variant | undefined): Iptables | undefined {
  try {
    return findIptables(run, family, variant)
  } catch {
    return undefined
  }
}

interface StandingRule {
  readonly table: Table
  readonly chain: string
  /** As iptables-save writes it. */
  readonly words: readonly string[]
}

/** Rules of our chains and jumps to them, and chains without rules (no words). */
function standingRules(tool: Iptables, run: RunCommand): readonly StandingRule[] {
  return TABLES.flatMap(table => {
    const text = run([tool.save, '-t', table]).stdout
    return text.split('\n').flatMap((line): readonly StandingRule[] => {
      const [, declared] = /^:(ISTIO_\S+)/.exec(line) ?? []
      if (declared !== undefined) return [{ table, chain: declared, words: [] }]
      const [, chain, rest] = /^-A (\S+) (.*)$/.exec(line) ?? []
      const ours = chain !== undefined && rest !== undefined && (chain.startsWith('ISTIO_') || / ISTIO_\S+/.test(` ${rest}`))
      return ours ? [{ table, chain, words: rest.split(' ') }] : []
    })
  })
}

function isThere(rules: readonly Rule[], standing: readonly StandingRule[], tool: Iptables, run: RunCommand): boolean {
  const ofChains = rules.filter(({ chain }) => !BUILT_IN.has(chain)).length
  if (standing.filter(({ chain, words }) => words.length > 0 && !BUILT_IN.has(chain)).length !== ofChains) return false
  return rules.every(({ table, chain, words }) => run([tool.command, '-w', '-t', table, '-C', chain, ...words]).code === 0)
}

function removeRules(rules: readonly Rule[], tool: Iptables, run: RunCommand): void {
  const iptables = (table: Table, ...words: readonly string[]) => run([tool.command, '-w', '-t', table, ...words])
  const standing = standingRules(tool, run)
  for (const { table, chain, words } of standing) if (BUILT_IN.has(chain)) iptables(table, '-D', chain, ...words)
  for (const { table, chain, words } of rules) {
    if (BUILT_IN.has(chain) && !words.some(word => word.startsWith('ISTIO_'))) iptables(table, '-D', chain, ...words)
  }
  const chains = standing.filter(({ words }) => words.length === 0)
  for (const { table, chain } of chains) iptables(table, '-F', chain)
  for (const { table, chain } of chains) iptables(table, '-X', chain)
}

/** Answers to 127.0.0.6 go by loopback without a word; ::6 is nobody's address until it is given. */
const INBOUND_SOURCE = ['::6/128', 'dev', 'lo'] as const

const inet = (family: Family) => (family === 'v4' ? '-4' : '-6')

function applyRoutes(config: CaptureConfig, family: Family, run: RunCommand, say: (sentence: string) => void): void {
  if (family === 'v6' && run(['ip', '-6', 'addr', 'replace', ...INBOUND_SOURCE]).code !== 0)
    say('Cannot give ::6 to the loopback interface: probes of the application over IPv6 will not pass; expected the program ip')
  if (config.mode !== 'TPROXY') return
  const { mark, table } = routing(config)
  const { stdout } = run(['ip', inet(family), 'rule', 'show', 'fwmark', mark])
  if (stdout.trim() === '') must(run, ['ip', inet(family), 'rule', 'add', 'fwmark', mark, 'lookup', table])
  must(run, ['ip', inet(family), 'route', 'replace', 'local', 'default', 'dev', 'lo', 'table', table])
}

function removeRoutes(config: CaptureConfig, family: Family, run: RunCommand): void {
  if (family === 'v6') run(['ip', '-6', 'addr', 'del', ...INBOUND_SOURCE])
  if (config.mode !== 'TPROXY') return
  const { mark, table } = routing(config)
  run(['ip', inet(family), 'rule', 'del', 'fwmark', mark, 'lookup', table])
  run(['ip', inet(family), 'route', 'flush', 'table', table])
}

function routing({ tproxyMark, tproxyTable }: CaptureConfig): { readonly mark: string; readonly table: string } {
  return { mark: String(tproxyMark), table: String(tproxyTable) }
}
