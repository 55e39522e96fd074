/** What injection is told beside the pod itself. Whoever serves the webhook makes it anew when values or mesh configuration change. */
import type { MeshConfig } from '../../api/istio/meshconfig/schema.ts'
import type { ProxyConfigSpec } from '../../api/istio/proxyconfig/schema.ts'
import type { Values } from './values.ts'

export type Engine = 'mizzen' | 'envoy'

export interface InjectionSettings {
  readonly values: Values
  /** Checked (readMeshConfig); {} has all defaults. */
  readonly mesh: MeshConfig
  /** Of the control plane that injects. @default 'default' */
  readonly revision?: string
  /** The proxy is an init container that keeps running (Kubernetes 1.29 and newer; on by default there from 1.33). @default true */
  readonly nativeSidecars?: boolean
  /** The data plane of pods and namespaces that do not choose (annotation mizzen.dev/engine). @default 'mizzen' */
  readonly engine?: Engine
  /** Pods get fsGroup 1337, which old Kubernetes needed to let the proxy read its token (Istio's ENABLE_LEGACY_FSGROUP_INJECTION). */
  readonly legacyFsGroup?: boolean
  /** ProxyConfig objects, in the root namespace and in the pod's; the pod's own annotation stands between them. */
  readonly proxyConfigs?: readonly NamespacedProxyConfig[]
  /** Environment of the proxy that the webhook's address asks for: /inject/cluster/NAME/net/NAME. */
  readonly proxyEnvironment?: Readonly<Record<string, string>>
}

export interface NamespacedProxyConfig {
  readonly namespace: string
  readonly spec: ProxyConfigSpec
}

/** Of the namespace that the pod is in. */
export interface NamespaceFacts {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** "istio-injection: enabled" is what most people write. */
export const INJECT_LABEL = 'sidecar.istio.io/inject'
export const INJECT_NAMESPACE_LABEL = 'istio-injection'
export const REVISION_LABEL = 'istio.io/rev'
export const ENGINE_ANNOTATION = 'mizzen.dev/engine'
export const STATUS_ANNOTATION = 'sidecar.istio.io/status'
