/**
 * What each proxy is told of itself. Of the mesh configuration, ProxyConfig objects and the annotation of the pod, the closest goes first:
 * an object that selects the workload, the annotation, the object of the namespace, that of the root namespace, the mesh's defaults.
 */
import type { ProxyConfig as ProxyConfigSpec } from '../api/istio/meshconfig/proxy-config.ts'
import type { ProxyConfig } from '../api/registry.ts'
import { compareAge } from '../model/age.ts'
import { hasLabels, type Labels } from '../model/labels.ts'
import { mergeProxySettings, type ProxySettings, type ProxyTracing, type SpanTag } from '../model/proxy-settings.ts'
import type { MeshSettings } from '../model/settings.ts'
import { milliseconds } from './duration.ts'
import { clientCertificate, compileConnectionLimits, compileHeaders } from './proxy-connections.ts'

/** defaultConfig of the mesh configuration, or the annotation proxy.istio.io/config. */
export function compileProxyConfig(spec: ProxyConfigSpec): ProxySettings {
  const { gatewayTopology: topology, proxyStatsMatcher: matcher } = spec
  return {
    concurrency: spec.concurrency,
    drainMs: milliseconds(spec.drainDuration),
    terminationDrainMs: milliseconds(spec.terminationDrainDuration),
    statusPort: spec.statusPort,
    adminPort: spec.proxyAdminPort,
    discoveryAddress: spec.discoveryAddress,
    metadata: spec.proxyMetadata,
    runtime: spec.runtimeValues,
    extraStatTags: spec.extraStatTags,
    holdApplication: spec.holdApplicationUntilProxyStarts,
    imageType: spec.image?.imageType,
    tracing: spec.tracing && compileTracing(spec.tracing),
    statsInclusion: matcher && {
      prefixes: matcher.inclusionPrefixes ?? [],
      suffixes: matcher.inclusionSuffixes ?? [],
      expressions: matcher.inclusionRegexps ?? [],
    },
    trustedProxies: topology?.numTrustedProxies,
    gatewayClientCertificate: clientCertificate(topology?.forwardClientCertDetails),
    proxyProtocol: topology?.proxyProtocol && true,
    headers: spec.proxyHeaders && compileHeaders(spec.proxyHeaders),
    connections: spec.connectionSettings && compileConnectionLimits(spec.connectionSettings),
  }
}

function compileTracing(spec: NonNullable<ProxyConfigSpec['tracing']>): ProxyTracing {
  return {
    zipkinAddress: spec.zipkin?.address,
    datadogAddress: spec.datadog?.address,
    samplingPercent: spec.sampling,
    maxPathLength: spec.maxPathTagLength || undefined,
    tags: Object.fromEntries(
      Object.entries(spec.customTags ?? {}).flatMap(([name, tag]) => {
        const compiled = compileTag(tag)
        return compiled ? [[name, compiled]] : []
      }),
    ),
    meshTags: spec.enableIstioTags ?? true,
  }
}

type TagSpec = NonNullable<NonNullable<ProxyConfigSpec['tracing']>['customTags']>[string]

function compileTag({ literal, environment, header, formatter }: TagSpec): SpanTag | undefined {
  if (literal) return { kind: 'literal', value: literal.value }
  if (formatter) return { kind: 'formatter', value: formatter.value }
  if (environment) return { kind: 'environment', name: environment.name, fallback: environment.defaultValue ?? '' }
  return header && { kind: 'header', name: header.name, fallback: header.defaultValue ?? '' }
}

function compileObject({ spec }: ProxyConfig): ProxySettings {
  return { concurrency: spec.concurrency, metadata: spec.environmentVariables, imageType: spec.image?.imageType }
}

interface Proxied {
  readonly namespace: string
  readonly labels: Labels
}

/** @param annotation what the pod itself says, compiled */
export function proxySettingsFor(
  workload: Proxied,
  annotation: ProxySettings | undefined,
  objects: readonly ProxyConfig[],
  settings: MeshSettings,
): ProxySettings {
  const layers = [
    wholeNamespace(objects, settings.rootNamespace),
    workload.namespace === settings.rootNamespace ? undefined : wholeNamespace(objects, workload.namespace),
    annotation,
    selecting(objects, workload),
  ]
  return layers.reduce<ProxySettings>(
    (wider, closer) => (closer ? mergeProxySettings(wider, closer) : wider),
    settings.proxyDefaults,
  )
}

/** The oldest one without a selector. */
function wholeNamespace(objects: readonly ProxyConfig[], namespace: string): ProxySettings | undefined {
  return oldest(objects.filter(object => object.namespace === namespace && isEmpty(object.spec.selector?.matchLabels)))
}

/** The oldest one that selects the workload by its labels. */
function selecting(objects: readonly ProxyConfig[], { namespace, labels }: Proxied): ProxySettings | undefined {
  return oldest(
    objects.filter(object => {
      const wanted = object.spec.selector?.matchLabels ?? {}
      return object.namespace === namespace && !isEmpty(wanted) && hasLabels(labels, wanted)
    }),
  )
}

function isEmpty(labels: Labels | undefined): boolean {
  return Object.keys(labels ?? {}).length === 0
}

function oldest(objects: readonly ProxyConfig[]): ProxySettings | undefined {
  const [first] = objects.toSorted((a, b) => compareAge(aged(a), aged(b)))
  return first && compileObject(first)
}

function aged({ name, namespace, creationTimestamp = '' }: ProxyConfig) {
  return { name, namespace, created: creationTimestamp }
}
