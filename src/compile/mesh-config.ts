/**
 * MeshConfig (Istio's ConfigMap `istio` in the root namespace, key `mesh`, or a file): the fields that matter here, over the defaults.
 * Fields that nothing reads yet are let through.
 */
import { parse } from 'yaml'
import { Findings } from '../api/findings.ts'
import { LocalityLoadBalancerSetting } from '../api/istio/destinationrule/schema.ts'
import { HTTPRetry } from '../api/istio/virtualservice/schema.ts'
import { fits } from '../api/schema/check.ts'
import { DEFAULT_SETTINGS, type MeshSettings } from '../model/settings.ts'
import { milliseconds } from './duration.ts'
import { readExtAuthzProviders } from './ext-authz.ts'
import { compileRetry } from './http-rule.ts'
import { compileKeepalive, compileLocality } from './traffic-policy.ts'

export interface MeshConfigReading {
  readonly settings: MeshSettings
  /** Sentences about fields that could not be used; their defaults hold. */
  readonly problems: readonly string[]
}

/** @param yaml "" is an empty configuration @param base what holds where it says nothing */
export function readMeshConfig(yaml: string, base: MeshSettings = DEFAULT_SETTINGS): MeshConfigReading {
  let config: unknown
  try {
    config = parse(yaml)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    return { settings: base, problems: [`Cannot read the mesh configuration: ${reason}; defaults are used`] }
  }
  return meshSettings(config ?? {}, base)
}

/** @param config the parsed document */
export function meshSettings(config: unknown, base: MeshSettings = DEFAULT_SETTINGS): MeshConfigReading {
  const reader = new Reader(config)
  const outbound = reader.section('outboundTrafficPolicy').choice('mode', OUTBOUND)
  const retry = reader.message('defaultHttpRetryPolicy', value =>
    fits(HTTPRetry, value, new Findings()) ? compileRetry(value) : undefined,
  )
  const locality = reader.message('localityLbSetting', value =>
    fits(LocalityLoadBalancerSetting, value, new Findings()) ? compileLocality(value) : undefined,
  )
  const keepalive = reader.section('tcpKeepalive')
  const meshTls = reader.section('meshMTLS')
  const settings: MeshSettings = {
    ...base,
    rootNamespace: reader.text('rootNamespace') ?? base.rootNamespace,
    trustDomain: reader.text('trustDomain') ?? base.trustDomain,
    trustDomainAliases: reader.texts('trustDomainAliases') ?? base.trustDomainAliases,
    autoMtls: reader.flag('enableAutoMtls') ?? base.autoMtls,
    meshTls: {
      minVersion: meshTls.choice('minProtocolVersion', TLS_VERSIONS) ?? base.meshTls.minVersion,
      curves: meshTls.texts('ecdhCurves') ?? base.meshTls.curves,
    },
    extAuthzProviders: reader.message('extensionProviders', readExtAuthzProviders) ?? base.extAuthzProviders,
    outboundPolicy: outbound ?? base.outboundPolicy,
    inboundPolicy: reader.section('inboundTrafficPolicy').choice('mode', INBOUND) ?? base.inboundPolicy,
    defaultRetry: retry ?? base.defaultRetry,
    connectTimeoutMs: reader.duration('connectTimeout') ?? base.connectTimeoutMs,
    protocolDetectionTimeoutMs: reader.duration('protocolDetectionTimeout') ?? base.protocolDetectionTimeoutMs,
    keepalive: keepalive.present ? compileKeepalive(keepalive.keepalive()) : base.keepalive,
    upgradeToHttp2: reader.choice('h2UpgradePolicy', { UPGRADE: true, DO_NOT_UPGRADE: false }) ?? base.upgradeToHttp2,
    locality: locality ?? base.locality,
    dnsRefreshMs: reader.duration('dnsRefreshRate') ?? base.dnsRefreshMs,
    defaultServiceExportTo: reader.texts('defaultServiceExportTo') ?? base.defaultServiceExportTo,
    defaultRouteExportTo: reader.texts('defaultVirtualServiceExportTo') ?? base.defaultRouteExportTo,
    defaultPolicyExportTo: reader.texts('defaultDestinationRuleExportTo') ?? base.defaultPolicyExportTo,
    accessLogFile: reader.text('accessLogFile') ?? base.accessLogFile,
    accessLogFormat: reader.text('accessLogFormat') ?? base.accessLogFormat,
    accessLogJson: reader.choice('accessLogEncoding', { JSON: true, TEXT: false }) ?? base.accessLogJson,
    pathNormalization: reader.section('pathNormalization').choice('normalization', NORMALIZATION) ?? base.pathNormalization,
  }
  return { settings, problems: reader.problems }
}

const OUTBOUND = { ALLOW_ANY: 'allow-any', REGISTRY_ONLY: 'registry-only', ALLOW_ANY_DYNAMIC_DNS: 'allow-any' } as const
const TLS_VERSIONS = { TLS_AUTO: '1.2', TLSV1_2: '1.2', TLSV1_3: '1.3' } as const
const INBOUND = { PASSTHROUGH: 'passthrough', LOCALHOST: 'localhost' } as const
const NORMALIZATION = {
  DEFAULT: 'base',
  BASE: 'base',
  NONE: 'none',
  MERGE_SLASHES: 'merge-slashes',
  DECODE_AND_MERGE_SLASHES: 'decode-and-merge-slashes',
} as const

/** Reads fields of an unknown value one by one, and notes those that are not what they should be. */
class Reader {
  readonly problems: string[]
  readonly #path: string
  readonly #fields: Readonly<Record<string, unknown>>
  readonly present: boolean

  constructor(value: unknown, path = '', problems: string[] = []) {
    this.problems = problems
    this.#path = path
    this.present = typeof value === 'object' && value !== null && !Array.isArray(value)
    this.#fields = typeof value === 'object' && value !== null ? { ...value } : {}
    if (value !== undefined && !this.present) this.#expected('', 'a map', value)
  }

  section(name: string): Reader {
    return new Reader(this.#fields[name] ?? undefined, `${this.#path}${name}.`, this.problems)
  }

  text(name: string): string | undefined {
    const value = this.#fields[name] ?? undefined
    if (value === undefined || typeof value === 'string') return value
    return this.#expected(name, 'a text', value)
  }

  flag(name: string): boolean | undefined {
    const value = this.#fields[name] ?? undefined
    return value === undefined || typeof value === 'boolean' ? value : this.#expected(name, 'true or false', value)
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.#fields[name] ?? undefined
    if (value === undefined) return undefined
    if (Array.isArray(value) && value.every(entry => typeof entry === 'string')) return value
    return this.#expected(name, 'a list of texts', value)
  }

  /** Milliseconds. */
  duration(name: string): number | undefined {
    const text = this.text(name)
    const ms = milliseconds(text)
    return text !== undefined && ms === undefined ? this.#expected(name, 'a length of time such as "10s"', text) : ms
  }

  choice<T>(name: string, choices: Readonly<Record<string, T>>): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const chosen = choices[text]
    return chosen === undefined ? this.#expected(name, Object.keys(choices).join(', '), text) : chosen
  }

  message<T>(name: string, read: (value: unknown) => T | undefined): T | undefined {
    const value = this.#fields[name] ?? undefined
    if (value === undefined) return undefined
    return read(value) ?? this.#expected(name, 'a message of its schema', value)
  }

  keepalive(): { probes?: number; time?: string; interval?: string } {
    const probes = this.#fields['probes']
    const time = this.text('time')
    const interval = this.text('interval')
    return {
      ...(typeof probes === 'number' ? { probes } : {}),
      ...(time === undefined ? {} : { time }),
      ...(interval === undefined ? {} : { interval }),
    }
  }

  #expected(name: string, wanted: string, value: unknown): undefined {
    this.problems.push(`Cannot use meshConfig.${this.#path}${name}: ${JSON.stringify(value)}, expected ${wanted}`)
    return undefined
  }
}
