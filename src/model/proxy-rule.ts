/**
 * What a proxy is told of itself. The closest goes first, field by field: a rule that selects the workload, what the workload itself says, the
 * rule of its namespace, that of the root namespace, the mesh's defaults.
 */
import { IdentityMemo } from '../lib/identity-memo.ts'
import type { Aged } from './age.ts'
import { hasLabels, type Labels } from './labels.ts'
import { mergeProxySettings, type ProxySettings } from './proxy-settings.ts'
import type { MeshSettings } from './settings.ts'

export interface ProxyRule extends Aged {
  /** Workloads of its namespace; empty: all of them, and in the root namespace those of all namespaces. */
  readonly selector: Labels
  readonly settings: ProxySettings
}

interface Proxied {
  readonly namespace: string
  readonly labels: Labels
  /** What the workload itself says. */
  readonly proxySettings?: ProxySettings | undefined
}

const memo = new IdentityMemo<ProxySettings>()

/** The same object for all proxies that are told the same. @param rules oldest first */
export function proxySettingsOf(rules: readonly ProxyRule[], proxied: Proxied, settings: MeshSettings): ProxySettings {
  const { namespace, labels, proxySettings } = proxied
  const whole = (of: string) => rules.find(rule => rule.namespace === of && isEmpty(rule.selector))?.settings
  const selecting = rules.find(
    rule => rule.namespace === namespace && !isEmpty(rule.selector) && hasLabels(labels, rule.selector),
  )?.settings
  const own = namespace === settings.rootNamespace ? undefined : whole(namespace)
  const layers = [whole(settings.rootNamespace), own, proxySettings, selecting].filter(layer => layer !== undefined)
  return memo.get([settings.proxyDefaults, ...layers], () => layers.reduce(mergeProxySettings, settings.proxyDefaults))
}

function isEmpty(labels: Labels): boolean {
  return Object.keys(labels).length === 0
}
