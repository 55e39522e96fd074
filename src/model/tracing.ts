/** Which requests of which workloads become spans, and where those go (Istio's Telemetry, and what MeshConfig says where that is silent). */
import type { Origin } from './origin.ts'
import { isFor, type PolicyTarget, type TargetedWorkload } from './policy-target.ts'
import type { ProxySettings, SpanTag } from './proxy-settings.ts'
import type { MeshSettings } from './settings.ts'

export interface TracingPolicy extends PolicyTarget {
  readonly name: string
  /** Later ones over earlier ones. */
  readonly rules: readonly TracingRule[]
  readonly created: string
  readonly origin: Origin
}

/** What a rule does not say stays as the wider rules have it. */
export interface TracingRule {
  /** Requests that the workload sends, or that it receives. */
  readonly side: TracingSide | 'both'
  /** Name of an extension provider. */
  readonly provider: string | undefined
  /** 0 to 100. */
  readonly samplingPercent: number | undefined
  /** No spans, and no context is handed on either. */
  readonly disabled: boolean | undefined
  readonly tags: Readonly<Record<string, SpanTag>> | undefined
  readonly requestIdDecides: boolean | undefined
  readonly meshTags: boolean | undefined
  /** No trace headers are sent. */
  readonly keepsContext: boolean | undefined
}

export type TracingSide = 'client' | 'server'

/** What holds at one workload. */
export interface Tracing {
  readonly provider: string
  /** undefined: what the proxy is told of itself. */
  readonly samplingPercent: number | undefined
  readonly tags: Readonly<Record<string, SpanTag>> | undefined
  readonly requestIdDecides: boolean
  readonly meshTags: boolean
  readonly keepsContext: boolean
}

/** What of the mesh is about spans. */
export interface TracedMesh {
  readonly settings: MeshSettings
  /** Oldest first. */
  readonly tracingPolicies: readonly TracingPolicy[]
}

/** Istio's default where nobody says a percentage. */
export const DEFAULT_SAMPLING = 1

/** @returns undefined: no spans */
export function tracingOf(mesh: TracedMesh, workload: TargetedWorkload, side: TracingSide): Tracing | undefined {
  const { settings } = mesh
  const rules = inEffect(mesh.tracingPolicies, workload, settings.rootNamespace)
    .flatMap(policy => policy.rules)
    .filter(rule => rule.side === 'both' || rule.side === side)
  const last = <Name extends keyof TracingRule>(name: Name) => rules.findLast(rule => rule[name] !== undefined)?.[name]
  const provider = last('provider') ?? settings.defaultProviders?.tracing[0]
  if (provider === undefined || last('disabled') === true) return undefined
  return {
    provider,
    samplingPercent: last('samplingPercent'),
    tags: last('tags'),
    requestIdDecides: last('requestIdDecides') ?? true,
    meshTags: last('meshTags') ?? true,
    keepsContext: last('keepsContext') ?? false,
  }
}

/** One policy a level, the oldest: of the mesh, of the namespace, of the workload. */
function inEffect(policies: readonly TracingPolicy[], workload: TargetedWorkload, rootNamespace: string): TracingPolicy[] {
  const fitting = policies.filter(policy => isFor(policy, workload, rootNamespace))
  const inRoot = ({ namespace }: TracingPolicy) => namespace === rootNamespace
  const narrow = ({ selector, targets }: TracingPolicy) => targets.length > 0 || Object.keys(selector ?? {}).length > 0
  return [
    fitting.find(policy => inRoot(policy) && !narrow(policy)),
    fitting.find(policy => !inRoot(policy) && !narrow(policy)),
    fitting.find(policy => narrow(policy) && policy.namespace === workload.namespace),
  ].filter(policy => policy !== undefined)
}

/** A percentage that is none counts as the default, as in Istio. */
export function samplingPercent({ samplingPercent: chosen }: Tracing, { tracing }: ProxySettings): number {
  if (chosen !== undefined) return chosen
  const percent = tracing?.samplingPercent
  return percent === undefined || percent > 100 ? DEFAULT_SAMPLING : percent
}

/** Sorted by name, and what the proxy is told of itself where no policy names any. */
export function spanTags({ tags }: Tracing, { tracing }: ProxySettings): (readonly [name: string, tag: SpanTag])[] {
  const all = tags && Object.keys(tags).length > 0 ? tags : (tracing?.tags ?? {})
  return Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
}

/** Whether anybody in the mesh traces. */
export function anyTracing({ tracingPolicies, settings }: TracedMesh): boolean {
  return tracingPolicies.length > 0 || (settings.defaultProviders?.tracing.length ?? 0) > 0
}
