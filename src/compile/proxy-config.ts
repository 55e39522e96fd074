/** What proxies are told of themselves: the mesh's defaults, ProxyConfig objects, and what a pod says in its annotation. */
import type { ProxyConfig as ProxyConfigSpec } from '../api/istio/meshconfig/proxy-config.ts'
import type { ProxyConfig } from '../api/registry.ts'
import type { ProxyRule } from '../model/proxy-rule.ts'
import type { ProxySettings, ProxyTracing, SpanTag } from '../model/proxy-settings.ts'
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
    tags: compileTags(spec.customTags),
    meshTags: spec.enableIstioTags ?? true,
  }
}

export function compileTags(tags: Readonly<Record<string, TagSpec>> | undefined): Readonly<Record<string, SpanTag>> {
  return Object.fromEntries(
    Object.entries(tags ?? {}).flatMap(([name, tag]) => {
      const compiled = compileTag(tag)
      return compiled ? [[name, compiled]] : []
    }),
  )
}

type TagSpec = NonNullable<NonNullable<ProxyConfigSpec['tracing']>['customTags']>[string]

function compileTag({ literal, environment, header, formatter }: TagSpec): SpanTag | undefined {
  if (literal) return { kind: 'literal', value: literal.value }
  if (formatter) return { kind: 'formatter', value: formatter.value }
  if (environment) return { kind: 'environment', name: environment.name, fallback: environment.defaultValue ?? '' }
  return header && { kind: 'header', name: header.name, fallback: header.defaultValue ?? '' }
}

/** An object of the kind ProxyConfig. */
export function compileProxyRule({ spec, name, namespace, creationTimestamp = '' }: ProxyConfig): ProxyRule {
  return {
    name,
    namespace,
    created: creationTimestamp,
    selector: spec.selector?.matchLabels ?? {},
    settings: { concurrency: spec.concurrency, metadata: spec.environmentVariables, imageType: spec.image?.imageType },
  }
}
