/** Istio's MeshConfig as settings of the mesh: what it says, over what holds otherwise. */
import { parse } from 'yaml'
import { Findings } from '../api/findings.ts'
import { checkMeshConfig } from '../api/istio/meshconfig/read.ts'
import type { EntryVisibility, MeshConfig } from '../api/istio/meshconfig/schema.ts'
import { CURVES } from '../api/istio/meshconfig/tls-rules.ts'
import { pathText } from '../api/object.ts'
import { mergeProxySettings } from '../model/proxy-settings.ts'
import { DEFAULT_SETTINGS, type IngressSettings, type MeshSettings } from '../model/settings.ts'
import type { EntryVisibilityRules } from '../model/visibility.ts'
import { milliseconds } from './duration.ts'
import { readExtAuthzProviders } from './ext-authz.ts'
import { compileProviders } from './extension-provider.ts'
import { compileRetry } from './http-rule.ts'
import { unusedSettings } from './mesh-config-unused.ts'
import { compileProxyConfig } from './proxy-config.ts'
import { compileKeepalive, compileLocality, compileOutliers, compilePool } from './traffic-policy.ts'

export interface MeshConfigReading {
  readonly settings: MeshSettings
  /** Sentences about mistakes; with one of these all of the configuration is left out. */
  readonly problems: readonly string[]
  /** Sentences about fields that have no effect here. */
  readonly unused: readonly string[]
}

/** @param yaml a MeshConfig, or the ConfigMap that holds it; "" says nothing @param base what holds where it says nothing */
export function readMeshConfig(yaml: string, base: MeshSettings = DEFAULT_SETTINGS): MeshConfigReading {
  try {
    const document: unknown = parse(yaml) ?? {}
    const inside = dataOf(document)
    return inside === undefined ? meshSettings(document, base) : meshSettings(parse(inside) ?? {}, base)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    return { settings: base, problems: [`Cannot read the mesh configuration: ${reason}; defaults are used`], unused: [] }
  }
}

/** The text in a ConfigMap; undefined: it is none. */
function dataOf(document: unknown): string | undefined {
  if (typeof document !== 'object' || document === null || !('kind' in document) || document.kind !== 'ConfigMap')
    return undefined
  const data = 'data' in document && typeof document.data === 'object' && document.data !== null ? document.data : {}
  return 'mesh' in data && typeof data.mesh === 'string' ? data.mesh : ''
}

/** @param config the parsed document */
export function meshSettings(config: unknown, base: MeshSettings = DEFAULT_SETTINGS): MeshConfigReading {
  const findings = new Findings()
  const mesh = checkMeshConfig(config, findings)
  if (mesh) return { settings: compileMeshConfig(mesh, base), problems: [], unused: unusedSettings(mesh) }
  const errors = findings.all.filter(finding => finding.level === 'error')
  return {
    settings: base,
    problems: errors.map(({ path, message }) => `Cannot use meshConfig.${pathText(path)}: ${message}`),
    unused: [],
  }
}

function compileMeshConfig(mesh: MeshConfig, base: MeshSettings): MeshSettings {
  const { meshMTLS, tlsDefaults, outboundTrafficPolicy, inboundTrafficPolicy, pathNormalization, defaultTrafficPolicy } = mesh
  const { connectionPool, outlierDetection } = defaultTrafficPolicy ?? {}
  const minVersion =
    meshMTLS?.minProtocolVersion === undefined ? base.meshTls.minVersion : tlsVersions[meshMTLS.minProtocolVersion]
  const outboundMode = outboundTrafficPolicy && (outboundTrafficPolicy.mode ?? 'REGISTRY_ONLY')
  return {
    ...base,
    rootNamespace: mesh.rootNamespace || base.rootNamespace,
    trustDomain: mesh.trustDomain || base.trustDomain,
    trustDomainAliases: mesh.trustDomainAliases ?? base.trustDomainAliases,
    autoMtls: mesh.enableAutoMtls ?? base.autoMtls,
    meshTls: { minVersion, curves: meshMTLS?.ecdhCurves ? knownCurves(meshMTLS.ecdhCurves) : base.meshTls.curves },
    tlsDefaults: tlsDefaults
      ? {
          minVersion: explicitTlsVersions[tlsDefaults.minProtocolVersion ?? 'TLS_AUTO'],
          curves: knownCurves(tlsDefaults.ecdhCurves),
          cipherSuites: tlsDefaults.cipherSuites ?? [],
        }
      : base.tlsDefaults,
    extAuthzProviders: (mesh.extensionProviders && readExtAuthzProviders(mesh.extensionProviders)) ?? base.extAuthzProviders,
    outboundPolicy: outboundMode === undefined ? base.outboundPolicy : outbound[outboundMode],
    inboundPolicy: inboundTrafficPolicy ? inbound[inboundTrafficPolicy.mode ?? 'PASSTHROUGH'] : base.inboundPolicy,
    defaultRetry: mesh.defaultHttpRetryPolicy ? compileRetry(mesh.defaultHttpRetryPolicy) : base.defaultRetry,
    inboundRetry: mesh.defaultInboundHttpRetryPolicy ? compileRetry(mesh.defaultInboundHttpRetryPolicy) : base.inboundRetry,
    connectTimeoutMs: milliseconds(mesh.connectTimeout) ?? base.connectTimeoutMs,
    protocolDetectionTimeoutMs: milliseconds(mesh.protocolDetectionTimeout) ?? base.protocolDetectionTimeoutMs,
    keepalive: mesh.tcpKeepalive ? compileKeepalive(mesh.tcpKeepalive) : base.keepalive,
    upgradeToHttp2: mesh.h2UpgradePolicy === undefined ? base.upgradeToHttp2 : mesh.h2UpgradePolicy === 'UPGRADE',
    locality: mesh.localityLbSetting ? compileLocality(mesh.localityLbSetting) : base.locality,
    defaultPool: connectionPool ? compilePool(connectionPool) : base.defaultPool,
    defaultOutliers: outlierDetection ? compileOutliers(outlierDetection) : base.defaultOutliers,
    dnsRefreshMs: milliseconds(mesh.dnsRefreshRate) ?? base.dnsRefreshMs,
    defaultServiceExportTo: mesh.defaultServiceExportTo ?? base.defaultServiceExportTo,
    defaultRouteExportTo: mesh.defaultVirtualServiceExportTo ?? base.defaultRouteExportTo,
    defaultPolicyExportTo: mesh.defaultDestinationRuleExportTo ?? base.defaultPolicyExportTo,
    accessLogFile: mesh.accessLogFile ?? base.accessLogFile,
    accessLogFormat: mesh.accessLogFormat ?? base.accessLogFormat,
    accessLogJson: mesh.accessLogEncoding === undefined ? base.accessLogJson : mesh.accessLogEncoding === 'JSON',
    pathNormalization: pathNormalization ? normalization[pathNormalization.normalization ?? 'DEFAULT'] : base.pathNormalization,
    statNames: {
      inbound: mesh.inboundClusterStatName ?? base.statNames.inbound,
      outbound: mesh.outboundClusterStatName ?? base.statNames.outbound,
    },
    namespaces: mesh.discoverySelectors ?? base.namespaces,
    entryVisibility: mesh.serviceEntryVisibility ? compileVisibility(mesh.serviceEntryVisibility) : base.entryVisibility,
    ingress: compileIngress(mesh, base.ingress),
    extensionProviders: mesh.extensionProviders ? compileProviders(mesh.extensionProviders) : base.extensionProviders,
    defaultProviders: mesh.defaultProviders
      ? { tracing: [], metrics: [], accessLogging: [], ...mesh.defaultProviders }
      : base.defaultProviders,
    proxyDefaults: mesh.defaultConfig
      ? mergeProxySettings(base.proxyDefaults, compileProxyConfig(mesh.defaultConfig))
      : base.proxyDefaults,
  }
}

const outbound = { ALLOW_ANY: 'allow-any', REGISTRY_ONLY: 'registry-only', ALLOW_ANY_DYNAMIC_DNS: 'allow-any' } as const
const inbound = { PASSTHROUGH: 'passthrough', LOCALHOST: 'localhost' } as const
const tlsVersions = { TLS_AUTO: '1.2', TLSV1_2: '1.2', TLSV1_3: '1.3' } as const
const explicitTlsVersions = { TLS_AUTO: '', TLSV1_2: '1.2', TLSV1_3: '1.3' } as const

/** Envoy would refuse a whole listener because of one that it does not know; validation has warned of it. */
function knownCurves(names: readonly string[] = []): string[] {
  return [...new Set(names.filter(name => CURVES.has(name)))]
}

const normalization = {
  DEFAULT: 'base',
  BASE: 'base',
  NONE: 'none',
  MERGE_SLASHES: 'merge-slashes',
  DECODE_AND_MERGE_SLASHES: 'decode-and-merge-slashes',
} as const
const ingressModes = { UNSPECIFIED: 'ours', STRICT: 'ours', DEFAULT: 'unclassed', OFF: 'none' } as const

/** The label "istio" of the gateway's pods is its Service's name without "istio-", unless something else is said. */
function compileIngress(mesh: MeshConfig, base: IngressSettings): IngressSettings {
  const { ingressControllerMode, ingressClass, ingressService, ingressSelector } = mesh
  return {
    mode: ingressControllerMode === undefined ? base.mode : ingressModes[ingressControllerMode],
    className: ingressClass ?? base.className,
    service: ingressService ?? base.service,
    selector: ingressSelector ?? ingressService?.replace(/^istio-/, '') ?? base.selector,
  }
}

/** Sidecars heed it only when they are told to. */
function compileVisibility(spec: EntryVisibility): EntryVisibilityRules | undefined {
  if (spec.applyToSidecars !== true) return undefined
  // A rule without a selector never holds, and with it the whole policy.
  const policies = (spec.policies ?? []).flatMap(({ visibility, matchingRules = [] }) => {
    const selectors = matchingRules.flatMap(({ namespaceSelector }) => namespaceSelector ?? [])
    return selectors.length < matchingRules.length ? [] : [{ ceiling: ceilings[visibility ?? 'PUBLIC'], selectors }]
  })
  return { fallback: ceilings[spec.defaultVisibility ?? 'PUBLIC'], policies }
}

const ceilings = { VISIBILITY_UNSPECIFIED: 'public', PUBLIC: 'public', NAMESPACE: 'namespace', NONE: 'none' } as const
