/** The annotations that Istio reads: on which kinds, how settled, and what their values look like. */
import { Findings } from '../../../api/findings.ts'
import { readProxyConfig } from '../../../api/istio/meshconfig/read.ts'
import { pathText } from '../../../api/object.ts'
import { isIpAddress } from '../../../api/values/address.ts'

export interface Annotation {
  /** Empty: on any. */
  readonly kinds: readonly string[]
  readonly stage: 'alpha' | 'beta' | 'stable' | 'deprecated'
  /** What is wrong with a value; undefined when it is right. */
  readonly check?: (value: string) => string | undefined
}

type Rest = Pick<Annotation, 'check'>

const any = (stage: Annotation['stage'] = 'alpha'): Annotation => ({ kinds: [], stage })
const on = (kinds: string, stage: Annotation['stage'] = 'alpha', rest: Rest = {}): Annotation => ({
  kinds: kinds.split(' '),
  stage,
  ...rest,
})
const pod = (check?: Annotation['check'], stage: Annotation['stage'] = 'alpha'): Annotation =>
  on('Pod', stage, check === undefined ? {} : { check })

const expected = (value: string, what: string) => `"${value}" is not ${what}`
const each = (check: (item: string) => boolean, what: string) => (value: string) => {
  const wrong = value.split(',').find(item => item.trim() !== '' && !check(item.trim()))
  return wrong === undefined ? undefined : expected(wrong, what)
}
const flag = (value: string) => (/^(?:1|0|t|f|true|false)$/i.test(value) ? undefined : expected(value, 'true or false'))
const whole = (value: string) => (/^\d+$/.test(value) ? undefined : expected(value, 'a whole number'))
const isPort = (text: string) => /^\d+$/.test(text) && Number(text) <= 65_535
const port = (value: string) => (isPort(value) ? undefined : expected(value, 'a port'))
const ports = each(isPort, 'a port')
const portsOrAll = (value: string) => (value === '*' ? undefined : ports(value))
const isRange = (text: string) => {
  const [address = '', bits, ...rest] = text.split('/')
  return rest.length === 0 && isIpAddress(address) && bits !== undefined && /^\d{1,3}$/.test(bits) && Number(bits) <= 128
}
const ranges = each(isRange, 'an IP range in CIDR form')
const rangesOrAll = (value: string) => (value === '*' ? undefined : ranges(value))
const proxyConfig = (value: string) => {
  const findings = new Findings()
  if (readProxyConfig(value, findings) !== undefined) return undefined
  const errors = findings.all.filter(({ level }) => level === 'error')
  return expected(value, `a ProxyConfig: ${errors.map(({ path, message }) => `${pathText(path)} ${message}`.trim()).join('; ')}`)
}
const interception = (value: string) =>
  ['REDIRECT', 'TPROXY', 'NONE'].includes(value) ? undefined : expected(value, 'REDIRECT, TPROXY or NONE')

const SIDECAR = {
  agentLogLevel: pod(),
  bootstrapOverride: pod(),
  componentLogLevel: pod(),
  controlPlaneAuthPolicy: pod(undefined, 'deprecated'),
  discoveryAddress: pod(undefined, 'deprecated'),
  enableCoreDump: pod(flag, 'deprecated'),
  extraStatTags: pod(),
  inject: pod(undefined, 'deprecated'),
  interceptionMode: pod(interception),
  logLevel: pod(),
  nativeSidecar: pod(),
  proxyCPU: pod(),
  proxyCPULimit: pod(),
  proxyImage: pod(),
  proxyImageType: pod(),
  proxyMemory: pod(),
  proxyMemoryLimit: pod(),
  rewriteAppHTTPProbers: pod(flag),
  statsCompression: pod(),
  statsHistogramBuckets: pod(),
  statsInclusionPrefixes: pod(undefined, 'deprecated'),
  statsInclusionRegexps: pod(undefined, 'deprecated'),
  statsInclusionSuffixes: pod(undefined, 'deprecated'),
  status: pod(),
  userVolume: pod(),
  userVolumeMount: pod(),
}

const TRAFFIC = {
  excludeInboundPorts: pod(ports),
  excludeInterfaces: pod(),
  excludeOutboundIPRanges: pod(ranges),
  excludeOutboundPorts: pod(ports),
  includeInboundPorts: pod(portsOrAll),
  includeOutboundIPRanges: pod(rangesOrAll),
  includeOutboundPorts: pod(portsOrAll),
  kubevirtInterfaces: pod(),
}

const READINESS = {
  applicationPorts: pod(ports),
  failureThreshold: pod(whole),
  initialDelaySeconds: pod(whole),
  periodSeconds: pod(whole),
}

const OTHERS: Readonly<Record<string, Annotation>> = {
  'alpha.istio.io/canonical-serviceaccounts': on('Service', 'deprecated'),
  'alpha.istio.io/identity': pod(undefined, 'deprecated'),
  'alpha.istio.io/kubernetes-serviceaccounts': on('Service', 'deprecated'),
  'ambient.istio.io/bypass-inbound-capture': pod(),
  'ambient.istio.io/dns-capture': pod(),
  'ambient.istio.io/redirection': pod(undefined, 'beta'),
  'ambient.istio.io/waypoint-inbound-binding': on('GatewayClass'),
  'galley.istio.io/analyze-suppress': any(),
  'gateway.istio.io/controller-version': any(),
  'gateway.istio.io/name-override': on('Gateway'),
  'gateway.istio.io/service-account': on('Gateway'),
  'inject.istio.io/templates': pod(),
  'install.operator.istio.io/chart-owner': any(),
  'install.operator.istio.io/owner-generation': any(),
  'install.operator.istio.io/version': any(),
  'internal.istio.io/parents': any(),
  'internal.istio.io/route-semantics': any(),
  'internal.istio.io/service-hostname': any(),
  'istio.io/autoRegistrationGroup': on('WorkloadEntry'),
  'istio.io/connectedAt': on('WorkloadEntry'),
  'istio.io/disconnectedAt': on('WorkloadEntry'),
  'istio.io/dry-run': on('AuthorizationPolicy'),
  'istio.io/for-service-account': any(),
  'istio.io/reroute-virtual-interfaces': pod(),
  'istio.io/rev': any('beta'),
  'istio.io/workloadController': on('WorkloadEntry'),
  'kubernetes.io/ingress.class': on('Ingress', 'stable'),
  'networking.istio.io/address-type': on('Gateway'),
  'networking.istio.io/exportTo': on('Service'),
  'networking.istio.io/service-type': on('Gateway'),
  'networking.istio.io/traffic-distribution': on('Service ServiceEntry Namespace'),
  'prometheus.istio.io/merge-metrics': pod(flag),
  'proxy.istio.io/config': pod(proxyConfig, 'beta'),
  'proxy.istio.io/overrides': pod(),
  'status.sidecar.istio.io/port': pod(port),
  'topology.istio.io/controlPlaneClusters': on('Namespace'),
  'traffic.istio.io/nodeSelector': on('Service', 'stable'),
}

function under(prefix: string, group: Readonly<Record<string, Annotation>>): [string, Annotation][] {
  return Object.entries(group).map(([name, annotation]) => [`${prefix}/${name}`, annotation])
}

export const ANNOTATIONS: ReadonlyMap<string, Annotation> = new Map([
  ...under('sidecar.istio.io', SIDECAR),
  ...under('traffic.sidecar.istio.io', TRAFFIC),
  ...under('readiness.status.sidecar.istio.io', READINESS),
  ...Object.entries(OTHERS),
])
