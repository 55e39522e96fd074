/** What the kinds about a client's way to a service have in common: for which service, part of it, and clients they are. */
import type { ObjectHead, Path } from '../../api/object.ts'
import { fullHostName } from '../../model/host.ts'
import type { Layer } from '../../model/layer.ts'
import type { MeshSettings } from '../../model/settings.ts'
import type { LayerRule } from '../../model/traffic-layer.ts'
import type { ConnectionPool } from '../../model/traffic-policy.ts'
import { visibility } from '../../model/visibility.ts'
import { originOf } from '../origin.ts'

export interface Target {
  readonly host: string
  readonly subset?: string
  readonly port?: number
  readonly workloadSelector?: { readonly matchLabels?: Readonly<Record<string, string>> }
  readonly exportTo?: readonly string[]
}

/** What is said: the aspect, and what belongs to it. */
type Said = Pick<Layer, 'aspect'> & Partial<Layer>

export function layerRule(
  object: ObjectHead,
  target: Target,
  said: Said,
  settings: MeshSettings,
  more: Partial<Pick<LayerRule, 'policy' | 'subsets'>> & { readonly path?: Path } = {},
): LayerRule {
  const { namespace, name } = object
  return {
    name,
    namespace,
    host: hostOf(target.host, namespace, settings),
    exportTo: visibility(target.exportTo, namespace, settings.defaultPolicyExportTo),
    clients: target.workloadSelector?.matchLabels,
    policy: more.policy,
    subsets: more.subsets ?? [],
    layer: { subset: target.subset ?? '', port: target.port, route: '', retry: undefined, split: undefined, ...said },
    created: object.creationTimestamp ?? '',
    origin: originOf(object, more.path),
  }
}

export function hostOf(host: string, namespace: string, settings: MeshSettings): string {
  return fullHostName(host, namespace, settings.domainSuffix).toLowerCase()
}

export const NO_POOL: ConnectionPool = {
  maxConnections: undefined,
  connectTimeoutMs: undefined,
  keepalive: undefined,
  maxConnectionDurationMs: undefined,
  tcpIdleTimeoutMs: undefined,
  maxPendingRequests: undefined,
  maxRequests: undefined,
  maxRequestsPerConnection: undefined,
  maxRetries: undefined,
  httpIdleTimeoutMs: undefined,
  http2: 'default',
  useClientProtocol: false,
  maxConcurrentStreams: undefined,
  http2Keepalive: undefined,
}
