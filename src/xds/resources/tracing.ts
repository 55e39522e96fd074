/**
 * Tracing of a proxy's connection managers. It names the workload, so listeners that many proxies share become a proxy's own where spans are
 * asked for: it is put into listeners that are made already, and nobody else has anything to do with it.
 */
import { IdentityMemo } from '../../lib/identity-memo.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { MeshProxy } from '../../model/proxy.ts'
import type { SpanTag } from '../../model/proxy-settings.ts'
import { anyTracing, samplingPercent, spanTags, type Tracing, tracingOf } from '../../model/tracing.ts'
import { TrafficDirection } from '../gen/envoy/config/core/v3/base.ts'
import { TypedExtensionConfig } from '../gen/envoy/config/core/v3/extension.ts'
import { Listener } from '../gen/envoy/config/listener/v3/listener.ts'
import type { Filter, FilterChain } from '../gen/envoy/config/listener/v3/listener_components.ts'
import {
  HttpConnectionManager,
  HttpConnectionManager_Tracing as ManagerTracing,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.ts'
import { UuidRequestIdConfig } from '../gen/envoy/extensions/request_id/uuid/v3/uuid.ts'
import type { CustomTag } from '../gen/envoy/type/tracing/v3/custom_tag.ts'
import { pack, unpack } from '../wire/any.ts'
import type { EncodedResource } from '../wire/resource.ts'
import { LISTENER, type ResourceType } from '../wire/type-url.ts'
import type { Encoder } from './encoded.ts'
import { MANAGER_TYPE } from './http-manager.ts'
import type { ResourceCache } from './resource-cache.ts'
import { LayeredSet, type ResourceSet } from './resource-set.ts'
import { type SpanSource, tracerOf } from './tracing-provider.ts'

/** Istio's default of max_path_tag_length. */
const MAX_PATH = 256

/** What connection managers get that send requests, and those that receive them; undefined: nothing. */
interface Spans {
  readonly outbound: ManagerSpans | undefined
  readonly inbound: ManagerSpans | undefined
}

type ManagerSpans = Pick<HttpConnectionManager, 'tracing' | 'requestIdExtension'>

/** @returns `resources` itself when this proxy makes no spans */
export function withTracing(
  resources: ReadonlyMap<ResourceType, ResourceSet>,
  mesh: Mesh,
  proxy: MeshProxy,
  cache: ResourceCache,
): ReadonlyMap<ResourceType, ResourceSet> {
  const set = resources.get(LISTENER)
  if (!set || proxy.kind === 'grpc' || !anyTracing(mesh)) return resources
  const spans = spansOf(mesh, proxy)
  if (!spans) return resources
  const traced = (from: ResourceSet) => [...from.values()].map(resource => tracedListener(resource, spans, cache.encoder))
  const [shared, own] = set instanceof LayeredSet ? [set.shared, set.own] : [set, undefined]
  const common = cache.derived(shared, spans, LISTENER, () => traced(shared))
  return new Map([...resources, [LISTENER, own ? cache.layered(`traced ${proxy.id}`, LISTENER, common, traced(own)) : common]])
}

const known = new IdentityMemo<Spans | undefined>()

/** The same object as long as nothing that matters to it changes. */
function spansOf(mesh: Mesh, proxy: MeshProxy): Spans | undefined {
  const { settings, tracingPolicies, services } = mesh
  return known.get([settings, tracingPolicies, services, proxy.labels, proxy.id], () => {
    const source = sourceOf(mesh, proxy)
    const outbound = managerSpans(mesh, proxy, source, tracingOf(mesh, proxy, 'client'))
    const inbound = managerSpans(mesh, proxy, source, tracingOf(mesh, proxy, 'server'))
    return outbound || inbound ? { outbound, inbound } : undefined
  })
}

interface TracedWorkload extends SpanSource {
  readonly canonical: string
  readonly revision: string
}

function sourceOf(mesh: Mesh, { labels, namespace, name }: MeshProxy): TracedWorkload {
  const workload = mesh.workloads.get(`${namespace}/${name}`)?.workloadName ?? name
  const canonical = labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? workload
  const revision =
    labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels['version'] ?? 'latest'
  const semantic = labels['app.kubernetes.io/instance'] ?? labels['app.kubernetes.io/name'] ?? workload
  return { canonical, revision, semantic, cluster: `${canonical}.${namespace}`, instance: name }
}

function managerSpans(
  mesh: Mesh,
  proxy: MeshProxy,
  source: TracedWorkload,
  tracing: Tracing | undefined,
): ManagerSpans | undefined {
  const { settings } = mesh
  const provider = tracing && settings.extensionProviders.get(tracing.provider)
  const tracer = provider && tracerOf(provider, mesh, source)
  if (!tracing || !tracer) return undefined
  const own = settings.proxyDefaults
  const maxPath = ('maxPathLength' in provider ? provider.maxPathLength : undefined) ?? own.tracing?.maxPathLength ?? MAX_PATH
  const tags = [
    ...(tracing.meshTags ? meshTags(mesh, proxy, source) : []),
    ...spanTags(tracing, own).map(([tag, from]) => customTag(tag, from)),
  ]
  const useRequestId = UuidRequestIdConfig.fromPartial({ useRequestIdForTraceSampling: false })
  return {
    tracing: ManagerTracing.fromPartial({
      clientSampling: { value: 100 },
      randomSampling: { value: samplingPercent(tracing, own) },
      overallSampling: { value: 100 },
      maxPathTagLength: maxPath,
      customTags: tags,
      // Who has no application beside it makes spans of both of its sides.
      spawnUpstreamSpan: proxy.kind === 'gateway' || provider.kind === 'skywalking',
      noContextPropagation: tracing.keepsContext,
      provider: tracer,
    }),
    requestIdExtension: tracing.requestIdDecides
      ? undefined
      : {
          typedConfig: TypedExtensionConfig.fromPartial({
            typedConfig: pack('envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig', UuidRequestIdConfig, useRequestId),
          }).typedConfig,
        },
  }
}

function meshTags({ settings }: Mesh, { namespace, metadata }: MeshProxy, { canonical, revision }: TracedWorkload): CustomTag[] {
  return [
    literal('istio.canonical_revision', revision),
    literal('istio.canonical_service', canonical),
    literal('istio.cluster_id', settings.clusterId),
    literal('istio.mesh_id', metadata?.['MESH_ID'] || 'unknown'),
    literal('istio.namespace', namespace),
  ]
}

function literal(tag: string, value: string): CustomTag {
  return { tag, value: '', type: { $case: 'literal', value: { value } } }
}

function customTag(tag: string, from: SpanTag): CustomTag {
  switch (from.kind) {
    case 'literal':
      return literal(tag, from.value)
    case 'formatter':
      return { tag, value: from.value, type: undefined }
    case 'environment':
      return { tag, value: '', type: { $case: 'environment', value: { name: from.name, defaultValue: from.fallback } } }
    case 'header':
      return { tag, value: '', type: { $case: 'requestHeader', value: { name: from.name, defaultValue: from.fallback } } }
  }
}

const listeners = new IdentityMemo<EncodedResource>()

function tracedListener(resource: EncodedResource, spans: Spans, encoder: Encoder): EncodedResource {
  return listeners.get([resource, spans, encoder], () => {
    const listener = Listener.decode(resource.bytes)
    const added = listener.trafficDirection === TrafficDirection.INBOUND ? spans.inbound : spans.outbound
    if (!added) return resource
    const chain = (each: FilterChain): FilterChain => ({
      ...each,
      filters: each.filters.map(filter => tracedFilter(filter, added)),
    })
    return encoder.encode(Listener, resource.name, {
      ...listener,
      filterChains: listener.filterChains.map(chain),
      defaultFilterChain: listener.defaultFilterChain && chain(listener.defaultFilterChain),
    })
  })
}

function tracedFilter(filter: Filter, added: ManagerSpans): Filter {
  const typed = filter.configType?.$case === 'typedConfig' ? filter.configType.value : undefined
  const manager = unpack(MANAGER_TYPE, HttpConnectionManager, typed)
  if (!manager) return filter
  const value = pack(MANAGER_TYPE, HttpConnectionManager, { ...manager, ...added })
  return { ...filter, configType: { $case: 'typedConfig', value } }
}
