/**
 * Changes that users make to what the mesh makes for its proxies (Istio's EnvoyFilter): which objects they are for, and which proxies. What a
 * patch holds is encoded; only those who apply it look inside.
 */
import { IdentityMemo, remembering } from '../lib/identity-memo.ts'
import { compileFullMatch } from '../lib/regex.ts'
import { type Aged, compareAge } from './age.ts'
import type { Origin } from './origin.ts'
import { isFor, type PolicyTarget, type TargetedWorkload } from './policy-target.ts'
import type { MeshSettings } from './settings.ts'

export interface EnvoyFilter extends Aged, PolicyTarget {
  /** The lowest goes first. */
  readonly priority: number
  readonly patches: readonly EnvoyPatch[]
}

export type PatchTarget =
  | 'listener'
  | 'listener-filter'
  | 'filter-chain'
  | 'network-filter'
  | 'http-filter'
  | 'route-configuration'
  | 'virtual-host'
  | 'route'
  | 'cluster'
  | 'extension-config'

/** merge-lists: a merge that replaces lists instead of appending to them. */
export type PatchOperation =
  | 'merge'
  | 'merge-lists'
  | 'add'
  | 'remove'
  | 'insert-before'
  | 'insert-after'
  | 'insert-first'
  | 'replace'

/** Which side of which kind of proxy something is part of. */
export type PatchContext = 'inbound' | 'outbound' | 'gateway'

export interface EnvoyPatch {
  readonly target: PatchTarget
  readonly operation: PatchOperation
  /** undefined: any. */
  readonly context: PatchContext | undefined
  readonly proxy: ProxyCondition
  readonly match: PatchMatch
  /** Of the message that the target is; empty to remove. */
  readonly value: Uint8Array
  /** With "add": among which of the mesh's own filters. */
  readonly filterClass: 'authn' | 'authz' | 'stats' | undefined
  readonly origin: Origin
}

export interface ProxyCondition {
  /** Regular expression, for a part of the proxy's ISTIO_VERSION; a proxy that tells none does not match. */
  readonly version: string
  readonly metadata: Readonly<Record<string, string>>
}

/** Conditions on the object. What is undefined, "" or 0 is not asked for. */
export interface PatchMatch {
  readonly listener?: ListenerMatch | undefined
  readonly routes?: RoutesMatch | undefined
  readonly cluster?: ClusterMatch | undefined
}

export interface ListenerMatch {
  readonly name: string
  readonly port: number
  readonly listenerFilter: string
  readonly chain: ChainMatch | undefined
}

export interface ChainMatch {
  readonly name: string
  readonly sni: string
  readonly transportProtocol: string
  /** The chain must take all of them. */
  readonly applicationProtocols: readonly string[]
  readonly port: number
  /** A filter of connections, and one of HTTP requests inside it. */
  readonly filter: string
  readonly subFilter: string
}

export interface RoutesMatch {
  readonly name: string
  readonly port: number
  /** Of a gateway's server. */
  readonly portName: string
  /** "namespace/name" */
  readonly gateway: string
  readonly host: HostMatch | undefined
}

export interface HostMatch {
  readonly name: string
  readonly domain: string
  readonly route: { readonly name: string; readonly action: 'any' | 'route' | 'redirect' | 'direct-response' } | undefined
}

export interface ClusterMatch {
  /** Then nothing else is compared. */
  readonly name: string
  readonly service: string
  readonly subset: string
  readonly port: number
}

/** The order in which they are applied: by priority, the root namespace before others, the oldest first. */
export function inOrder(filters: readonly EnvoyFilter[], { rootNamespace }: MeshSettings): EnvoyFilter[] {
  const isRoot = ({ namespace }: EnvoyFilter) => (namespace === rootNamespace ? 0 : 1)
  return [...filters].sort((a, b) => a.priority - b.priority || isRoot(a) - isRoot(b) || compareAge(a, b))
}

/** What of a proxy tells which patches are for it. */
export interface PatchedProxy extends TargetedWorkload {
  readonly metadata?: Readonly<Record<string, string>>
}

const NONE: readonly EnvoyPatch[] = []
const lists = new IdentityMemo<readonly EnvoyPatch[]>()

/** Those for this proxy, in order; the same list for all proxies that have the same. @param filters inOrder() */
export function patchesFor(filters: readonly EnvoyFilter[], proxy: PatchedProxy, settings: MeshSettings): readonly EnvoyPatch[] {
  if (filters.length === 0 || proxy.kind === 'grpc') return NONE
  const found = filters
    .filter(filter => isFor(filter, proxy, settings.rootNamespace))
    .flatMap(filter => filter.patches.filter(patch => concerns(patch, proxy)))
  return found.length === 0 ? NONE : lists.get(found, () => found)
}

function concerns({ context, proxy: condition }: EnvoyPatch, proxy: PatchedProxy): boolean {
  if (context !== undefined && (context === 'gateway') !== (proxy.kind === 'gateway')) return false
  const told = proxy.metadata ?? {}
  if (Object.entries(condition.metadata).some(([key, value]) => told[key] !== value)) return false
  if (condition.version === '') return true
  const version = told['ISTIO_VERSION'] ?? ''
  return version !== '' && versionTest(condition)(version)
}

const versionTest = remembering(({ version }: ProxyCondition) => compileFullMatch(`.*(?:${version}).*`))
