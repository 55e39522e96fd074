/**
 * The settings of injection in the names of Istio's Helm values, laid over their defaults. What is read here is what the installation's values
 * say under global, pilot, cni, sidecarInjectorWebhook, gateways and revision.
 */
import { type Fields, fieldsOf, isFields, listOf } from './fields.ts'
import { InjectionError } from './pod.ts'

const DEFAULTS: Fields = {
  revision: '',
  global: {
    hub: 'docker.io/mizzen',
    tag: 'latest',
    istioNamespace: 'istio-system',
    caAddress: '',
    caName: '',
    pilotCertProvider: 'istiod',
    meshID: '',
    network: '',
    multiCluster: { clusterName: '' },
    imagePullPolicy: '',
    imagePullSecrets: [],
    logAsJson: false,
    logging: { level: 'default:info' },
    mountMtlsCerts: false,
    nativeNftables: false,
    podDNSSearchNamespaces: [],
    sds: { token: { aud: 'istio-ca' } },
    sts: { servicePort: 0 },
    trustBundleName: 'istio-ca-root-cert',
    proxy: {
      image: 'mizzen',
      envoyImage: 'proxy-envoy',
      clusterDomain: 'cluster.local',
      logLevel: 'warning',
      componentLogLevel: 'misc:error',
      privileged: false,
      statusPort: 15020,
      readinessInitialDelaySeconds: 0,
      readinessPeriodSeconds: 15,
      readinessFailureThreshold: 4,
      startupProbe: { enabled: true, failureThreshold: 600 },
      includeIPRanges: '*',
      excludeIPRanges: '',
      includeInboundPorts: '*',
      excludeInboundPorts: '',
      includeOutboundPorts: '',
      excludeOutboundPorts: '',
      holdApplicationUntilProxyStarts: false,
      capNetBindService: false,
      outlierLogPath: '',
      tracer: '',
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } },
    },
    proxy_init: { forceApplyIptables: false },
  },
  pilot: { cni: { enabled: false, provider: 'default' } },
  sidecarInjectorWebhook: {
    rewriteAppHTTPProbe: true,
    templates: {},
    defaultTemplates: [],
    aliases: {},
    neverInjectSelector: [],
    alwaysInjectSelector: [],
    injectedAnnotations: {},
    enableNamespacesByDefault: false,
  },
}

export class Values {
  /** All of it, defaults included, for templates of users. */
  readonly tree: Fields

  /** @param values an installation's; absent ones have their defaults */
  constructor(values: Fields = {}) {
    const { istio_cni: older, cni = {}, ...rest } = values
    // Three generations of Istio's values say where the CNI plugin is switched on.
    const chain = fieldsOf(older)['chained'] === false ? { provider: 'multus' } : {}
    const openshift = fieldsOf(values['global'])['platform'] === 'openshift' ? { provider: 'multus' } : {}
    const sooner = { pilot: { cni: { ...fieldsOf(older), ...openshift, ...chain, ...fieldsOf(cni) } } }
    this.tree = layered(layered(DEFAULTS, sooner), rest)
  }

  at(path: string): unknown {
    return path.split('.').reduce<unknown>((value, name) => fieldsOf(value)[name], this.tree)
  }

  /** Numbers and booleans as they would be written; absent is "". */
  text(path: string): string {
    const value = this.at(path)
    if (value === undefined || value === null) return ''
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw wrong(path, value, 'a text')
  }

  flag(path: string): boolean {
    const value = this.at(path)
    if (typeof value === 'boolean') return value
    if (value === undefined || value === null || value === '' || value === 'false') return false
    if (value === 'true') return true
    throw wrong(path, value, 'true or false')
  }

  fields(path: string): Fields {
    const value = this.at(path)
    if (value === undefined || value === null) return {}
    if (isFields(value)) return value
    throw wrong(path, value, 'a map')
  }

  /** Texts; what else stands in the list is left out by whoever knows it. */
  texts(path: string): readonly string[] {
    return listOf(this.at(path)).filter(item => typeof item === 'string')
  }
}

function wrong(path: string, value: unknown, expected: string): InjectionError {
  return new InjectionError(`Cannot inject: value "${path}" is ${JSON.stringify(value)}, expected ${expected}`)
}

/** Maps are merged, everything else is replaced; null takes away. */
function layered(below: Fields, above: Fields): Fields {
  const merged: Record<string, unknown> = { ...below }
  for (const [name, value] of Object.entries(above)) {
    const before = merged[name]
    if (value === null) delete merged[name]
    else merged[name] = isFields(before) && isFields(value) ? layered(before, value) : value
  }
  return merged
}
