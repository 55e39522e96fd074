/** Sidecars (networking.istio.io). */
import type { IstioEgressListener, IstioIngressListener } from '../api/istio/sidecar/schema.ts'
import type { Sidecar } from '../api/registry.ts'
import { parseScopedHost } from '../model/host.ts'
import { parseProtocol } from '../model/protocol.ts'
import type { MeshSettings } from '../model/settings.ts'
import type { CaptureMode, EgressConfig, IngressListener, ListenPort, SidecarConfig } from '../model/sidecar.ts'
import { compileDestination } from './http-rule.ts'
import { originOf } from './origin.ts'
import { compilePool } from './traffic-policy.ts'

export function compileSidecar(object: Sidecar, settings: MeshSettings): SidecarConfig {
  const { spec, namespace, name } = object
  const policy = spec.outboundTrafficPolicy
  return {
    name,
    namespace,
    selector: spec.workloadSelector?.labels,
    ingress: spec.ingress && spec.ingress.length > 0 ? spec.ingress.map(compileIngress) : undefined,
    egress: (spec.egress ?? []).map(listener => compileEgress(listener, namespace)),
    inboundPool: spec.inboundConnectionPool && compilePool(spec.inboundConnectionPool),
    outboundPolicy: policy && (policy.mode === 'ALLOW_ANY' ? 'allow-any' : 'registry-only'),
    egressProxy: policy?.egressProxy && compileDestination(policy.egressProxy, { namespace, settings }),
    created: object.creationTimestamp ?? '',
    origin: originOf(object),
  }
}

function compileEgress(listener: IstioEgressListener, namespace: string): EgressConfig {
  const taken = listener.hosts.filter(host => !isExclusion(host))
  const excluded = listener.hosts.filter(isExclusion).map(host => host.slice(1))
  const parse = (text: string) => {
    const { namespace: scope, host } = parseScopedHost(text, namespace)
    return { namespace: scope, host: host === '' ? '*' : host.toLowerCase() }
  }
  return {
    port: listener.port && listenPort(listener.port),
    bind: listener.bind ?? '',
    capture: captureMode(listener.captureMode),
    hosts: taken.filter(host => !host.startsWith('~/')).map(parse),
    excluded: excluded.map(parse),
  }
}

/** "~ns/host" takes hosts out; "~/" and anything means none at all. */
function isExclusion(host: string): boolean {
  return host.startsWith('~') && !host.startsWith('~/')
}

function compileIngress(listener: IstioIngressListener): IngressListener {
  return {
    port: listenPort(listener.port),
    bind: listener.bind ?? '',
    capture: captureMode(listener.captureMode),
    endpoint: endpoint(listener.defaultEndpoint),
    pool: listener.connectionPool && compilePool(listener.connectionPool),
  }
}

function endpoint(text: string | undefined): IngressListener['endpoint'] {
  if (!text) return undefined
  if (text.startsWith('unix://')) return { path: text.slice('unix://'.length) }
  const colon = text.lastIndexOf(':')
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}

function listenPort(port: IstioIngressListener['port']): ListenPort {
  return { number: port.number ?? 0, protocol: parseProtocol(port.protocol ?? ''), name: port.name ?? '' }
}

function captureMode(mode: string | undefined): CaptureMode {
  return mode === 'NONE' ? 'none' : mode === 'IPTABLES' ? 'redirect' : 'default'
}
