/** Whether a pod gets a proxy, which one, and what kind: labels and annotations of Istio's injector, and one of our own. */
import type { Namespace } from '../../../api/registry.ts'
import { ENGINES, type Engine } from './pod-plan.ts'

export const ENGINE_ANNOTATION = 'mizzen.dev/engine'

type Words = Readonly<Record<string, string>>

/**
 * Without a word every pod is in the mesh: whoever runs `mizzen up` wants one. `sidecar.istio.io/inject: "false"` (label or annotation)
 * and `istio-injection: disabled` on the namespace keep a pod out, as on a cluster; the pod's own word wins.
 */
export function isInjected(labels: Words, annotations: Words, namespace: Namespace | undefined): boolean {
  const own = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject']
  return own === undefined ? namespace?.labels['istio-injection'] !== 'disabled' : own !== 'false'
}

/** A pod that Istio's injector would make a gateway of. */
export function isGatewayPod(annotations: Words): boolean {
  return (annotations['inject.istio.io/templates'] ?? '').split(',').includes('gateway')
}

/** @returns undefined for a word that names no engine */
export function engineOf(annotations: Words, otherwise: Engine): Engine | undefined {
  const word = annotations[ENGINE_ANNOTATION]
  return word === undefined ? otherwise : ENGINES.find(engine => engine === word)
}
