/** Packets that enter capture are logged (NFLOG, group 1337), for `mizzen capture --iptables-trace-logging`. */
import type { CaptureConfig } from './config.ts'
import { type Rule, targetOf } from './rule.ts'

export function traced(rules: readonly Rule[], config: CaptureConfig): readonly Rule[] {
  if (!config.trace) return rules
  return rules.flatMap(rule => {
    const name = nameOf(rule, config)
    if (name === undefined) return [rule]
    const match = rule.words.slice(0, rule.words.indexOf('-j'))
    const log = ['-j', 'NFLOG', '--nflog-prefix', `"${name}"`, '--nflog-group', '1337', '--nflog-size', '20']
    const logging: Rule = { ...rule, words: [...match, ...log] }
    // What is inserted pushes what stood there down.
    return rule.insertAt === undefined ? [logging, rule] : [rule, logging]
  })
}

/** What it means that a packet passes here; only for what decides about capture. */
function nameOf(rule: Rule, { inboundPorts }: CaptureConfig): string | undefined {
  const { chain, words } = rule
  const target = targetOf(rule)
  if (chain === 'PREROUTING' && target === 'ISTIO_INBOUND' && rule.table !== 'raw') return 'JumpInbound'
  if (chain === 'OUTPUT' && target === 'ISTIO_OUTPUT') return 'JumpOutbound'
  if (chain === 'PREROUTING' && words.includes('-i'))
    return rule.insertAt === undefined ? 'ExcludeInterfaceCommand' : 'KubevirtCommand'
  if (chain === 'OUTPUT' && words[0] === '-o' && target === 'RETURN') return 'ExcludeInterfaceCommand'
  if (chain !== 'ISTIO_INBOUND' || rule.insertAt !== undefined || rule.table === 'raw') return undefined
  if (target === 'RETURN') return words.includes('15008') ? undefined : 'ExcludeInboundPort'
  if (target !== 'ISTIO_IN_REDIRECT' && target !== 'ISTIO_TPROXY') return undefined
  return inboundPorts === '*' ? 'InboundCapture' : 'IncludeInboundPort'
}
