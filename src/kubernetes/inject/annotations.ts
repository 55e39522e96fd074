/** Which annotations of a pod are checked before anything is injected, and what is expected of their values. */
import { Findings } from '../../api/findings.ts'
import { readProxyConfig } from '../../api/istio/meshconfig/read.ts'
import { checkSubnet } from '../../api/values/address.ts'
import { InjectionError } from './pod.ts'

/** @returns what was expected; undefined when the value is good */
type Rule = (value: string) => string | undefined

const items = (value: string) => value.split(',').map(item => item.trim())
const isPort = (text: string) => /^\d{1,5}$/.test(text) && Number(text) <= 65_535
const isWholeNumber = (text: string) => /^\d+$/.test(text) && Number(text) < 2 ** 32
const isBoolean = (text: string) => /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(text)
const isQuantity = (text: string) => /^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/.test(text)

const anything: Rule = () => undefined
const when =
  (good: (value: string) => boolean, expected: string): Rule =>
  value =>
    good(value) ? undefined : expected
const ipRanges = (value: string) =>
  value === '' || items(value).every(range => range.includes('/') && checkSubnet(range) === undefined)
const ports = (value: string) => value === '' || items(value).every(port => port === '' || isPort(port))
const quantity = when(isQuantity, 'a quantity such as "100m" or "128Mi"')

/** The name in the rule's words is the setting that it overrides (values global.proxy.*). */
const RULES: Readonly<Record<string, Rule>> = {
  'sidecar.istio.io/interceptionMode': when(
    value => ['REDIRECT', 'TPROXY', 'NONE'].includes(value),
    'interceptionMode REDIRECT, TPROXY or NONE',
  ),
  'status.sidecar.istio.io/port': when(isPort, 'statusPort, a port'),
  'readiness.status.sidecar.istio.io/initialDelaySeconds': when(isWholeNumber, 'a number of seconds'),
  'readiness.status.sidecar.istio.io/periodSeconds': when(isWholeNumber, 'a number of seconds'),
  'readiness.status.sidecar.istio.io/failureThreshold': when(isWholeNumber, 'a number'),
  'traffic.sidecar.istio.io/includeOutboundIPRanges': when(
    value => value === '*' || ipRanges(value),
    'includeIPRanges, "*" or ranges such as "10.0.0.0/8"',
  ),
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': when(ipRanges, 'excludeIPRanges, ranges such as "10.0.0.0/8"'),
  'traffic.sidecar.istio.io/includeInboundPorts': when(
    value => value === '*' || ports(value),
    'includeInboundPorts, "*" or ports',
  ),
  'traffic.sidecar.istio.io/excludeInboundPorts': when(ports, 'excludeInboundPorts, ports'),
  'traffic.sidecar.istio.io/includeOutboundPorts': anything,
  'traffic.sidecar.istio.io/excludeOutboundPorts': when(ports, 'excludeOutboundPorts, ports'),
  'traffic.sidecar.istio.io/kubevirtInterfaces': anything,
  'traffic.sidecar.istio.io/excludeInterfaces': anything,
  'istio.io/reroute-virtual-interfaces': anything,
  'prometheus.istio.io/merge-metrics': when(isBoolean, '"true" or "false"'),
  'sidecar.istio.io/proxyCPU': quantity,
  'sidecar.istio.io/proxyMemory': quantity,
  'sidecar.istio.io/proxyCPULimit': quantity,
  'sidecar.istio.io/proxyMemoryLimit': quantity,
  'mizzen.dev/engine': when(value => value === 'mizzen' || value === 'envoy', '"mizzen" or "envoy"'),
  'proxy.istio.io/config'(value) {
    const findings = new Findings()
    if (readProxyConfig(value, findings) !== undefined) return undefined
    return `a ProxyConfig: ${findings.all.map(({ path, message }) => [...path, message].join(': ')).join('; ')}`
  },
}

/** @throws InjectionError with all that is wrong */
export function checkAnnotations(annotations: Readonly<Record<string, string>>): void {
  const problems = Object.entries(annotations).flatMap(([name, value]) => {
    const expected = Object.hasOwn(RULES, name) ? RULES[name]?.(value) : undefined
    return expected === undefined ? [] : [`annotation ${name} is "${value}", expected ${expected}`]
  })
  if (problems.length > 0) throw new InjectionError(`Cannot inject: ${problems.join('; ')}`)
}
