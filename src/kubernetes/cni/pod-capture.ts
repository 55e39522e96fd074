/** Whether and how the CNI plugin captures a pod's traffic: what the init container would have been told, from what injection left on the pod. */

import type { CaptureConfig } from '../capture/config.ts'
import { type CaptureSettings, captureConfig } from '../capture/environment.ts'
import { annotationsOf, type Container, findContainer, findProxy, INIT, type Pod } from '../inject/pod.ts'
import { STATUS_ANNOTATION } from '../inject/settings.ts'

export type PodCapture =
  | { readonly kind: 'capture'; readonly config: CaptureConfig }
  /** `reason` is a part of a sentence: "it has no proxy". */
  | { readonly kind: 'leave'; readonly reason: string }

/** Ports of the proxy itself. */
const OWN_PORTS = '15020,15021,15090'

/** @param ipv6 whether the pod has an address of that kind @throws when an annotation cannot be used */
export function podCapture(pod: Pod, ipv6: boolean): PodCapture {
  const proxy = findProxy(pod)
  const annotations = annotationsOf(pod)
  const leave = (reason: string): PodCapture => ({ kind: 'leave', reason })
  if (proxy === undefined) return leave('it has no proxy')
  if (pod.spec.hostNetwork === true) return leave('it uses the network of its node')
  if (annotations[STATUS_ANNOTATION] === undefined) return leave('its proxy was not injected')
  if (findContainer(INIT, pod.spec.initContainers)) return leave('its init container captures traffic')
  if (proxy.args?.includes('router')) return leave('it is a gateway')
  if (variable(proxy, 'DISABLE_ENVOY') === 'true') return leave('its application reads xDS itself')
  const mode = annotations['sidecar.istio.io/interceptionMode'] ?? variable(proxy, 'ISTIO_META_INTERCEPTION_MODE')
  if (mode === 'NONE') return leave('its interception mode is NONE')
  return { kind: 'capture', config: captureConfig(settingsOf(annotations, proxy, mode, ipv6)) }
}

function settingsOf(
  annotations: Readonly<Record<string, string>>,
  proxy: Container,
  mode: string | undefined,
  ipv6: boolean,
): CaptureSettings {
  const traffic = (name: string) => annotations[`traffic.sidecar.istio.io/${name}`]
  const { runAsUser, runAsGroup } = proxy.securityContext ?? {}
  const dns = variable(proxy, 'ISTIO_META_DNS_CAPTURE')
  return {
    INBOUND_INTERCEPTION_MODE: mode,
    OUTBOUND_IPRANGES_INCLUDE: traffic('includeOutboundIPRanges') ?? '*',
    OUTBOUND_IPRANGES_EXCLUDE: traffic('excludeOutboundIPRanges'),
    INBOUND_PORTS_INCLUDE: traffic('includeInboundPorts') ?? '*',
    INBOUND_PORTS_EXCLUDE: [OWN_PORTS, traffic('excludeInboundPorts') ?? ''].join(','),
    OUTBOUND_PORTS_INCLUDE: traffic('includeOutboundPorts'),
    OUTBOUND_PORTS_EXCLUDE: traffic('excludeOutboundPorts'),
    KUBE_VIRT_INTERFACES: annotations['istio.io/reroute-virtual-interfaces'] ?? traffic('kubevirtInterfaces'),
    EXCLUDE_INTERFACES: traffic('excludeInterfaces'),
    // With TPROXY the proxy is root; its group still tells it apart.
    PROXY_UID: typeof runAsUser === 'number' && runAsUser !== 0 ? String(runAsUser) : undefined,
    PROXY_GID: typeof runAsGroup === 'number' ? String(runAsGroup) : undefined,
    REDIRECT_DNS: dns,
    // Which servers the pod will ask is not known before it has started.
    CAPTURE_ALL_DNS: dns,
    ENABLE_INBOUND_IPV6: String(ipv6),
    DROP_INVALID: variable(proxy, 'INVALID_DROP'),
  }
}

function variable({ env = [] }: Container, name: string): string | undefined {
  return env.find(each => each.name === name)?.value
}
