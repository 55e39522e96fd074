/** Which requests of which workloads are logged, and to whom (Istio's Telemetry.accessLogging, and what MeshConfig says where that is silent). */
import { IdentityMemo } from '../lib/identity-memo.ts'
import { FILE_PROVIDER, type LoggingPolicy, type LogTarget, type ProxyLogging } from './log-target.ts'
import type { Mesh } from './mesh.ts'
import type { TargetedWorkload } from './policy-target.ts'
import { levelsOf, type TelemetrySide } from './telemetry-level.ts'

/** @returns undefined: nobody says anything, the mesh's own file is all there is */
export function loggingOf(
  mesh: Pick<Mesh, 'loggingPolicies' | 'settings'>,
  workload: TargetedWorkload,
): ProxyLogging | undefined {
  const { settings, loggingPolicies } = mesh
  const defaults = settings.defaultProviders?.accessLogging ?? []
  const levels = levelsOf(loggingPolicies, workload, settings.rootNamespace)
  if (levels.length === 0 && defaults.length === 0) return undefined
  const implied = defaults.length > 0 || settings.accessLogFile === '' ? defaults : [FILE_PROVIDER]
  return known.get([...levels, defaults, implied.join()], () => ({
    client: merged(levels, implied, 'client'),
    server: merged(levels, implied, 'server'),
  }))
}

/** Equal levels, the same object: proxies share what is made of it. */
const known = new IdentityMemo<ProxyLogging>()

/** A level that names providers replaces those of the wider levels; one that names none changes those that hold. */
function merged(levels: readonly LoggingPolicy[], defaults: readonly string[], side: TelemetrySide): LogTarget[] {
  let targets: readonly LogTarget[] = defaults.map(provider => ({ provider, filter: '' }))
  for (const { rules } of levels) {
    const mine = rules.filter(rule => rule.side === 'both' || rule.side === side)
    const named = new Map<string, LogTarget | undefined>()
    for (const { providers, disabled, filter } of mine) {
      if (providers.length > 0) for (const provider of providers) named.set(provider, disabled ? undefined : { provider, filter })
      else if (disabled) targets = []
      else {
        // Logging without a word on where: to the usual place.
        if (targets.length === 0) targets = [{ provider: FILE_PROVIDER, filter }]
        else targets = targets.map(target => (filter === '' ? target : { ...target, filter }))
      }
    }
    if ([...named.values()].some(target => target !== undefined))
      targets = [...named.values()].filter(target => target !== undefined)
    else if (named.size > 0) targets = targets.filter(({ provider }) => !named.has(provider))
  }
  return [...targets]
}
