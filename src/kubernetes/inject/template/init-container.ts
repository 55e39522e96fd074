/**
 * What prepares the pod's network before anything else runs: `istio-init` writes the rules that lead traffic to the proxy; where a CNI plugin does
 * that, `istio-validation` looks whether it has.
 */
import type { Fields } from '../fields.ts'
import { annotationsOf, INIT, VALIDATION } from '../pod.ts'
import { imageFields, logAsJson, logOutputLevel, resources } from './container.ts'
import { proxyMetadata } from './environment.ts'
import { interceptionMode, setting, statusPort, type TemplateInput } from './input.ts'

/** Metrics and health of the proxy are never captured. */
const OWN_PORTS = '15090,15021'

export function initContainer(input: TemplateInput): Fields {
  const { values, proxyConfig } = input
  const validates = values.flag('pilot.cni.enabled')
  const env = proxyMetadata(proxyConfig.proxyMetadata)
  return {
    name: validates ? VALIDATION : INIT,
    ...imageFields(input),
    args: captureArguments(input, validates),
    ...(env.length > 0 && { env }),
    resources: resources(input),
    securityContext: securityContext(input, validates),
  }
}

function captureArguments(input: TemplateInput, validates: boolean): readonly string[] {
  const { mesh, values, uid } = input
  const annotations = annotationsOf(input.pod)
  const excluded = excludedInboundPorts(input)
  const traffic = (name: string, path: string) => setting(input, `traffic.sidecar.istio.io/${name}`, `global.proxy.${path}`)
  const said = (flag: string, name: string, path: string) => {
    const value = annotations[`traffic.sidecar.istio.io/${name}`] ?? (values.text(`global.proxy.${path}`) || undefined)
    return value === undefined ? [] : [flag, value]
  }
  const interfaces =
    annotations['istio.io/reroute-virtual-interfaces'] ?? annotations['traffic.sidecar.istio.io/kubevirtInterfaces']
  const excludedInterfaces = annotations['traffic.sidecar.istio.io/excludeInterfaces']
  return [
    'istio-iptables',
    ...['-p', String(mesh.proxyListenPort || 15001)],
    ...['-z', String(mesh.proxyInboundListenPort || 15006)],
    ...['-u', interceptionMode(input) === 'TPROXY' ? '1337' : String(uid)],
    ...['-m', interceptionMode(input)],
    ...['-i', traffic('includeOutboundIPRanges', 'includeIPRanges')],
    ...['-x', traffic('excludeOutboundIPRanges', 'excludeIPRanges')],
    ...['-b', traffic('includeInboundPorts', 'includeInboundPorts')],
    ...['-d', excluded === '' ? OWN_PORTS : `${OWN_PORTS},${excluded}`],
    ...said('-q', 'includeOutboundPorts', 'includeOutboundPorts'),
    ...said('-o', 'excludeOutboundPorts', 'excludeOutboundPorts'),
    ...(interfaces === undefined ? [] : ['-k', interfaces]),
    ...(excludedInterfaces === undefined ? [] : ['-c', excludedInterfaces]),
    logOutputLevel(input),
    ...logAsJson(input),
    ...(validates ? ['--run-validation', '--skip-rule-apply'] : []),
    ...(!validates && values.flag('global.proxy_init.forceApplyIptables') ? ['--force-apply'] : []),
    ...(values.flag('global.nativeNftables') ? ['--native-nftables'] : []),
  ]
}

/** The user's, and the port of health checks. */
function excludedInboundPorts(input: TemplateInput): string {
  const user = setting(input, 'traffic.sidecar.istio.io/excludeInboundPorts', 'global.proxy.excludeInboundPorts')
  const port = statusPort(input)
  if (port === '' || port === '0') return user
  const ports = user.split(',').map(item => item.trim())
  return ports.includes(port) ? user : [...ports.filter(Boolean), port].join(',')
}

function securityContext({ values, uid, gid }: TemplateInput, validates: boolean): Fields {
  const privileged = values.flag('global.proxy.privileged')
  const seccomp = values.fields('global.proxy.seccompProfile')
  return {
    allowPrivilegeEscalation: privileged,
    privileged,
    capabilities: { ...(!validates && { add: ['NET_ADMIN', 'NET_RAW'] }), drop: ['ALL'] },
    readOnlyRootFilesystem: validates,
    runAsGroup: validates ? gid : 0,
    runAsNonRoot: validates,
    runAsUser: validates ? uid : 0,
    ...(Object.keys(seccomp).length > 0 && { seccompProfile: seccomp }),
  }
}

/** With a CNI plugin, the pod's annotations tell it what the init container would have been told. */
export function captureAnnotations(input: TemplateInput): Record<string, string> {
  const { values, pod } = input
  if (!values.flag('pilot.cni.enabled')) return {}
  const annotations = annotationsOf(pod)
  const traffic = (name: string, path: string) => {
    const value = setting(input, `traffic.sidecar.istio.io/${name}`, `global.proxy.${path}`)
    return value === '' ? {} : { [`traffic.sidecar.istio.io/${name}`]: value }
  }
  const same = ['istio.io/reroute-virtual-interfaces', 'traffic.sidecar.istio.io/kubevirtInterfaces']
    .concat('traffic.sidecar.istio.io/excludeInterfaces')
    .filter(name => annotations[name])
  return {
    ...(values.text('pilot.cni.provider') === 'multus' && {
      [NETWORKS]: withNetwork(annotations[NETWORKS] ?? '', 'default/istio-cni'),
    }),
    'sidecar.istio.io/interceptionMode': interceptionMode(input),
    ...traffic('includeOutboundIPRanges', 'includeIPRanges'),
    ...traffic('excludeOutboundIPRanges', 'excludeIPRanges'),
    ...traffic('includeInboundPorts', 'includeInboundPorts'),
    'traffic.sidecar.istio.io/excludeInboundPorts': excludedInboundPorts(input),
    ...traffic('includeOutboundPorts', 'includeOutboundPorts'),
    ...traffic('excludeOutboundPorts', 'excludeOutboundPorts'),
    ...Object.fromEntries(same.map(name => [name, annotations[name] ?? ''])),
  }
}

const NETWORKS = 'k8s.v1.cni.cncf.io/networks'

/** Multus: a list of names, or of objects in JSON. */
function withNetwork(existing: string, network: string): string {
  if (existing.trim() === '') return network
  const end = existing.lastIndexOf(']')
  if (end < 0) return existing.split(',').some(item => item.trim() === network) ? existing : `${existing}, ${network}`
  try {
    const list: unknown = JSON.parse(existing)
    if (!Array.isArray(list) || list.some(item => item?.name === network)) return existing
  } catch {
    return existing
  }
  return `${existing.slice(0, end)}, {"name": "${network}"}${existing.slice(end)}`
}
