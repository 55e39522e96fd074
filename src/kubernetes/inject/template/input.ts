/** What a template makes its part of a pod from. */
import type { ProxyConfig } from '../../../api/istio/meshconfig/proxy-config.ts'
import type { MeshConfig } from '../../../api/istio/meshconfig/schema.ts'
import type { Fields } from '../fields.ts'
import type { Workload } from '../owner.ts'
import { annotationsOf, type Pod } from '../pod.ts'
import type { Engine } from '../settings.ts'
import type { Values } from '../values.ts'

export interface TemplateInput {
  /** As the user wrote it: without what an earlier injection added. */
  readonly pod: Pod
  readonly workload: Workload
  readonly proxyConfig: ProxyConfig
  readonly mesh: MeshConfig
  readonly values: Values
  readonly revision: string
  /** The proxy is an init container that keeps running. */
  readonly native: boolean
  readonly engine: Engine
  /** Of the proxy and what prepares the pod for it. */
  readonly image: string
  /** User and group of the proxy; OpenShift gives each namespace its own. */
  readonly uid: number
  readonly gid: number
  readonly legacyFsGroup: boolean
}

/** Makes what is laid over the pod by strategic merge. */
export type Template = (input: TemplateInput) => Fields

/** The pod's annotation, otherwise the value of the installation. */
export function setting({ pod, values }: TemplateInput, annotation: string, path: string): string {
  return annotationsOf(pod)[annotation] ?? values.text(path)
}

export function interceptionMode({ pod, proxyConfig }: TemplateInput): string {
  return annotationsOf(pod)['sidecar.istio.io/interceptionMode'] ?? proxyConfig.interceptionMode ?? 'REDIRECT'
}

/** Port of health checks; "0": there are none. */
export function statusPort(input: TemplateInput): string {
  return setting(input, 'status.sidecar.istio.io/port', 'global.proxy.statusPort').trim()
}

export function trustDomain({ mesh, values }: TemplateInput): string {
  return mesh.trustDomain || values.text('global.trustDomain') || 'cluster.local'
}
