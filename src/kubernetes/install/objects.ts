/**
 * Settings to the objects of an installation: the one source of `mizzen install`, `mizzen manifest generate` and the Helm chart. Pure.
 * The objects come in waves; each wave needs what the one before made.
 */
import type { Manifest } from './manifest.ts'
import { type Names, namesOf, SHARED_LABELS } from './names.ts'
import { controlPlaneAccess } from './parts/access.ts'
import { cniPlugin } from './parts/cni.ts'
import { configMaps } from './parts/config.ts'
import { controlPlane } from './parts/control-plane.ts'
import { gateway } from './parts/gateways.ts'
import { kindDefinitions } from './parts/kinds.ts'
import { webhooks } from './parts/webhooks.ts'
import { firstReplicas } from './parts/workload.ts'
import type { Settings } from './settings.ts'

export interface Wave {
  /** For people: "Kinds", "Control plane". */
  readonly title: string
  readonly objects: readonly Manifest[]
  /** By Deployment: how many replicas a new one starts with, where its autoscaler decides afterwards. */
  readonly firstReplicas: Readonly<Record<string, number>>
}

/** @param gatewayApi whether the Gateway API's kinds are to be installed: where a cluster has them, it keeps its own */
export function installation(settings: Settings, gatewayApi: boolean): Wave[] {
  const names = namesOf(settings)
  const waves: Wave[] = [
    wave('Namespace and kinds', [namespace(names), ...(settings.base.installCRDs ? kindDefinitions(gatewayApi) : [])]),
  ]
  // Before the pods that count on it.
  if (settings.cni.enabled) waves.push(wave('CNI plugin', cniPlugin(settings, names)))
  if (settings.pilot.enabled) {
    const objects = [...controlPlaneAccess(settings, names), ...configMaps(settings, names), ...controlPlane(settings, names)]
    // Last, so that nothing asks a control plane that is not there yet.
    waves.push(wave('Control plane', objects, { [names.controlPlane]: firstReplicas(settings.pilot) }))
    waves.push(wave('Webhooks', webhooks(settings, names)))
  }
  for (const [key, title] of GATEWAYS) {
    const wanted = settings.gateways[key]
    if (wanted.enabled) waves.push(wave(title, gateway(settings, names, wanted), { [wanted.name]: firstReplicas(wanted) }))
  }
  return waves
}

const GATEWAYS = [
  ['istio-ingressgateway', 'Ingress gateway'],
  ['istio-egressgateway', 'Egress gateway'],
] as const

function wave(title: string, objects: readonly Manifest[], first: Readonly<Record<string, number>> = {}): Wave {
  return { title, objects, firstReplicas: first }
}

function namespace(names: Names): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: names.namespace, labels: SHARED_LABELS } }
}
