/**
 * The ProxyConfig of one pod: mesh configuration, ProxyConfig objects and the pod's annotation, laid over one another; and the part of it that
 * differs from the defaults, which the proxy is told.
 */
import { Findings } from '../../api/findings.ts'
import { ProxyConfig } from '../../api/istio/meshconfig/proxy-config.ts'
import { readProxyConfig } from '../../api/istio/meshconfig/read.ts'
import type { ProxyConfigSpec } from '../../api/istio/proxyconfig/schema.ts'
import { type Fields, isFields } from './fields.ts'
import { annotationsOf, InjectionError, labelsOf, type Pod } from './pod.ts'
import type { InjectionSettings } from './settings.ts'

const ANNOTATION = 'proxy.istio.io/config'

/** Lowest first: mesh, ProxyConfig of the root namespace, of the namespace, the annotation, ProxyConfig that selects the pod. */
export function proxyConfigOf(
  pod: Pod,
  namespace: string,
  settings: Pick<InjectionSettings, 'mesh' | 'proxyConfigs'>,
): ProxyConfig {
  const { mesh, proxyConfigs = [] } = settings
  const root = mesh.rootNamespace ?? 'istio-system'
  const labels = labelsOf(pod)
  const whole = (place: string) => proxyConfigs.filter(each => each.namespace === place && !hasSelector(each.spec))
  const selecting = proxyConfigs.filter(
    ({ namespace: place, spec }) =>
      place === namespace &&
      hasSelector(spec) &&
      Object.entries(spec.selector?.matchLabels ?? {}).every(([name, value]) => labels[name] === value),
  )
  const inNamespaces = namespace === root ? whole(root) : [...whole(root), ...whole(namespace)]
  const layers = [
    mesh.defaultConfig ?? {},
    ...inNamespaces.map(({ spec }) => asProxyConfig(spec)),
    annotated(pod),
    ...selecting.map(({ spec }) => asProxyConfig(spec)),
  ]
  let config: ProxyConfig = {}
  for (const layer of layers) config = { ...config, ...deepMerge(config, layer) }
  return config
}

function hasSelector({ selector }: ProxyConfigSpec): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length > 0
}

function asProxyConfig({ concurrency, environmentVariables, image }: ProxyConfigSpec): ProxyConfig {
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(environmentVariables && { proxyMetadata: environmentVariables }),
    ...(image && { image }),
  }
}

function annotated(pod: Pod): ProxyConfig {
  const text = annotationsOf(pod)[ANNOTATION]
  if (text === undefined) return {}
  const findings = new Findings()
  const config = readProxyConfig(text, findings)
  if (config !== undefined) return config
  throw new InjectionError(`Cannot inject: annotation ${ANNOTATION}: ${findings.all.map(({ message }) => message).join('; ')}`)
}

function deepMerge(below: Fields, above: Fields): Fields {
  const merged: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    const before = merged[name]
    merged[name] = isFields(before) && isFields(value) ? deepMerge(before, value) : value
  }
  return merged
}

/** Fields that the defaults of the mesh set, with the values by which they say nothing. */
const DEFAULTS: Fields = {
  configPath: './etc/istio/proxy',
  binaryPath: '/usr/local/bin/envoy',
  serviceCluster: 'istio-proxy',
  drainDuration: '45s',
  discoveryAddress: 'istiod.istio-system.svc:15012',
  proxyAdminPort: 15000,
  controlPlaneAuthPolicy: 'MUTUAL_TLS',
  statNameLength: 189,
  statusPort: 15020,
  terminationDrainDuration: '5s',
  interceptionMode: 'REDIRECT',
  tracingServiceName: 'APP_LABEL_AND_NAMESPACE',
}

/** Fields whose 0 or false is something else than nothing (protobuf's wrappers). */
const EXPLICIT_ZERO: ReadonlySet<string> = new Set(['concurrency', 'holdApplicationUntilProxyStarts', 'statsCompression'])

/** As JSON, only what is not a default, in the order of the schema; ends with a line feed, as Istio writes it. */
export function proxyConfigText(config: ProxyConfig): string {
  const order = Object.keys(ProxyConfig.properties)
  const said = Object.entries(config).filter(
    ([name, value]) => value !== undefined && value !== DEFAULTS[name] && (EXPLICIT_ZERO.has(name) || !isZero(value)),
  )
  const rank = (name: string) => PROTO_ORDER.get(name) ?? PROTO_ORDER.size + order.indexOf(name)
  return `${JSON.stringify(Object.fromEntries(said.toSorted(([a], [b]) => rank(a) - rank(b))))}\n`
}

function isZero(value: unknown): boolean {
  return (
    value === '' || value === 0 || value === false || (isFields(value) && Object.keys(value).length === 0) || isEmptyList(value)
  )
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

/** Where the order of field numbers is another one than the schema's. */
const PROTO_ORDER: ReadonlyMap<string, number> = new Map(
  ['configPath', 'binaryPath', 'serviceCluster', 'drainDuration', 'discoveryAddress', 'statsdUdpAddress', 'proxyAdminPort']
    .concat(['controlPlaneAuthPolicy', 'customConfigFile', 'statNameLength', 'concurrency', 'proxyBootstrapTemplatePath'])
    .concat(['interceptionMode', 'tracing', 'proxyMetadata'])
    .map((name, at) => [name, at]),
)
