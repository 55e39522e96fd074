/** Pods as workloads. `mizzen up` says in annotations how traffic reaches a pod that has no address of its own. */
import { Findings } from '../api/findings.ts'
import { readProxyConfig } from '../api/istio/meshconfig/read.ts'
import type { Node, Pod } from '../api/registry.ts'
import type { Labels } from '../model/labels.ts'
import { type Locality, NOWHERE, parseLocality } from '../model/locality.ts'
import type { Capture, Forward, PortCapture, Workload } from '../model/workload.ts'
import { originOf } from './origin.ts'
import { PROXY_CONFIG } from './proxy-annotation.ts'
import { compileProxyConfig } from './proxy-config.ts'

export const CAPTURE = 'mizzen.dev/capture'
const INBOUND = 'mizzen.dev/inbound'
const HTTP_PROXY = 'mizzen.dev/http-proxy'
const FORWARDS = 'mizzen.dev/forwards'
const ADDRESS = 'mizzen.dev/address'
/** "true" or "false": whether the pod's proxy gets a certificate. @default true, and false for pods of `mizzen up` */
export const IDENTITY = 'mizzen.dev/identity'

/** @param node that it runs on, where that is known */
export function compilePod(pod: Pod, node?: Node): Workload {
  const addresses = [pod.status?.podIP, ...(pod.status?.podIPs ?? []).map(entry => entry.ip)].filter(
    ip => ip !== undefined && ip !== '',
  )
  return {
    namespace: pod.namespace,
    name: pod.name,
    workloadName: workloadName(pod.name),
    labels: pod.labels,
    addresses: [...new Set(addresses)].flatMap(address => address ?? []),
    serviceAccount: pod.spec.serviceAccountName || 'default',
    locality: localityOf(pod.labels, node?.labels),
    network: pod.labels['topology.istio.io/network'] ?? '',
    node: pod.spec.nodeName ?? '',
    ready: isReady(pod),
    namedPorts: namedPorts(pod),
    capture: captureOf(pod.annotations),
    identity: hasIdentity(pod.annotations),
    ...(isProxyless(pod.annotations) && { proxyless: true }),
    ...proxySettings(pod.annotations),
    origin: originOf(pod),
  }
}

/** An annotation with mistakes says nothing; compile/proxy-annotation.ts tells of it. */
function proxySettings(annotations: Labels): Pick<Workload, 'proxySettings'> {
  const text = annotations[PROXY_CONFIG]
  const config = text === undefined ? undefined : readProxyConfig(text, new Findings())
  return config ? { proxySettings: compileProxyConfig(config) } : {}
}

/** The labels in which a workload may say where it is; else where its node is, by Kubernetes' labels. */
export function localityOf(labels: Labels, node: Labels = {}): Locality {
  const text = labels['topology.istio.io/locality'] ?? labels['istio-locality']
  if (text) return parseLocality(text)
  const region = node['topology.kubernetes.io/region'] ?? ''
  const zone = node['topology.kubernetes.io/zone'] ?? ''
  const subzone = node['topology.istio.io/subzone'] ?? ''
  return region || zone || subzone ? { region, zone, subzone } : NOWHERE
}

function isReady(pod: Pod): boolean {
  return (pod.status?.conditions ?? []).some(condition => condition.type === 'Ready' && condition.status === 'True')
}

/** Without what a ReplicaSet ("-7d9c5b8f6d-x2x9p"), a StatefulSet or `mizzen up` ("-0") appended for the replica. */
function workloadName(pod: string): string {
  return pod.replace(/-[bcdf-hj-np-tv-xz0-9]{5,10}-[bcdf-hj-np-tv-xz0-9]{5}$/, '').replace(/-\d+$/, '')
}

function namedPorts(pod: Pod): ReadonlyMap<string, number> {
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])]
  const ports = containers.flatMap(container => container.ports ?? [])
  return new Map(ports.flatMap(port => (port.name ? [[port.name, port.containerPort] as const] : [])))
}

/** Names of the injection templates for gRPC applications that read xDS themselves; the first gives them certificates. */
const GRPC_AGENT = 'grpc-agent'
const GRPC_SIMPLE = 'grpc-simple'
const TEMPLATES = 'inject.istio.io/templates'

/** Whether a pod asked for no proxy because its application is one. */
export function isProxyless(annotations: Labels): boolean {
  const templates = templatesOf(annotations)
  return templates.includes(GRPC_AGENT) || templates.includes(GRPC_SIMPLE)
}

function templatesOf(annotations: Labels): string[] {
  return (annotations[TEMPLATES] ?? '').split(',').map(name => name.trim())
}

function hasIdentity(annotations: Labels): boolean {
  const said = annotations[IDENTITY]
  if (said !== undefined) return said === 'true'
  return annotations[CAPTURE] === undefined && !templatesOf(annotations).includes(GRPC_SIMPLE)
}

function captureOf(annotations: Labels): Capture {
  if (annotations[CAPTURE] !== 'ports') return { kind: 'redirect' }
  const httpProxy = Number(annotations[HTTP_PROXY])
  return {
    kind: 'ports',
    inbound: inboundPorts(annotations[INBOUND]),
    httpProxy: httpProxy > 0 ? httpProxy : undefined,
    forwards: forwards(annotations[FORWARDS]),
    ...(annotations[ADDRESS] ? { address: annotations[ADDRESS] } : {}),
  }
}

/** {"8080":{"listen":21001,"app":21002}} */
function inboundPorts(text: string | undefined): PortCapture['inbound'] {
  const ports = new Map<number, { listen: number; app: number }>()
  for (const [target, value] of Object.entries(jsonObject(text))) {
    if (typeof value !== 'object' || value === null) continue
    const listen = 'listen' in value ? Number(value.listen) : Number.NaN
    const app = 'app' in value ? Number(value.app) : listen
    if (listen > 0) ports.set(Number(target), { listen, app: app > 0 ? app : listen })
  }
  return ports
}

/** {"cache.shop.svc.cluster.local:6379":21010}, in a stable order */
function forwards(text: string | undefined): Forward[] {
  return Object.entries(jsonObject(text))
    .flatMap(([name, value]) => {
      const colon = name.lastIndexOf(':')
      const [host, port, listen] = [name.slice(0, colon), Number(name.slice(colon + 1)), Number(value)]
      return colon > 0 && port > 0 && listen > 0 ? [{ host, port, listen }] : []
    })
    .sort((a, b) => a.listen - b.listen)
}

function jsonObject(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {} // written by `mizzen up` itself; a hand-written one that is wrong gives a pod without ports
  }
}
