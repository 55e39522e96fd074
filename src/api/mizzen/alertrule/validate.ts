/** Rules for AlertRule. */
import type { Findings } from '../../findings.ts'
import type { ConfigObject } from '../../object.ts'
import { checkWildcardDomain } from '../../values/dns.ts'
import { checkDuration } from '../../values/quantity.ts'
import { exactlyOne } from '../target.ts'
import type { AlertRuleSpec } from './schema.ts'

export function validateAlertRule(object: ConfigObject<'AlertRule', string, AlertRuleSpec>, findings: Findings): void {
  const { spec } = object
  const at = findings.at('spec')
  at.at('host').check(checkWildcardDomain(spec.host))
  exactlyOne(spec, ['errorRate', 'latency', 'requestRate', 'endpoints', 'certificateLife', 'staleProxies'], at)
  for (const name of ['certificateLife', 'staleProxies'] as const)
    if (spec[name] && spec.host !== '*')
      at.at('host').error(`${JSON.stringify(spec.host)} has no ${name}: expected "*", all proxies`)
  if (spec.client !== undefined && (spec.endpoints || spec.certificateLife || spec.staleProxies))
    at.at('client').error('only requests have a client: expected it with errorRate, latency or requestRate')
  if (spec.latency) at.at('latency', 'above').check(checkDuration(spec.latency.above))
  if (spec.requestRate) exactlyOne(spec.requestRate, ['above', 'below'], at.at('requestRate'))
  if (spec.window !== undefined) at.at('window').check(checkDuration(spec.window))
  if (spec.for !== undefined) at.at('for').check(checkDuration(spec.for))
  for (const [index, receiver] of (spec.notify ?? []).entries()) {
    const one = at.at('notify', index)
    exactlyOne(receiver, ['webhook', 'log'], one)
    const url = receiver.webhook?.url
    if (url !== undefined && !(URL.canParse(url) && /^https?:/.test(url)))
      one.at('webhook', 'url').error(`${JSON.stringify(url)} is not a URL: expected http:// or https://`)
  }
}
