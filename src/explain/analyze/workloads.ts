/** Pods, those that workloads are going to make, and which of them are in the mesh. */
import { matchesLabels } from '../../model/label-selector.ts'
import { hasLabels, type Labels } from '../../model/labels.ts'
import type { Part, Resource } from './resource.ts'
import type { World } from './world.ts'

/** A pod, or the template of one: files rarely hold pods. */
export interface Workload {
  readonly of: Resource
  readonly namespace: string
  readonly labels: Labels
  readonly annotations: Labels
  /** The pod's spec. */
  readonly spec: Part
}

const TEMPLATES = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job'] as const

export function podsOf({ resources }: World): Workload[] {
  return resources
    .of('Pod')
    .map(of => ({ of, namespace: of.namespace, labels: of.labels, annotations: of.annotations, spec: of.spec }))
}

export function templateOf(of: Resource): Workload {
  const template = of.spec.at('template')
  return {
    of,
    namespace: of.namespace,
    labels: template.at('metadata', 'labels').labels(),
    annotations: template.at('metadata', 'annotations').labels(),
    spec: template.at('spec'),
  }
}

export function workloadsOf(world: World): Workload[] {
  return [...podsOf(world), ...TEMPLATES.flatMap(kind => world.resources.of(kind)).map(templateOf)]
}

export function containersOf(spec: Part): Part[] {
  return [...spec.at('containers').items(), ...spec.at('initContainers').items()]
}

export const PROXY = 'istio-proxy'
const INJECT = 'sidecar.istio.io/inject'

export function hasProxy({ spec }: Workload): boolean {
  return containersOf(spec).some(container => container.at('name').text() === PROXY)
}

/** What the pod itself says about injection, the label before the annotation; undefined when it says nothing. */
export function asksForInjection({ labels, annotations }: Workload): boolean | undefined {
  const said = (labels[INJECT] ?? annotations[INJECT])?.toLowerCase()
  return said === 'true' ? true : said === 'false' ? false : undefined
}

export function isInMesh(workload: Workload, world: World): boolean {
  if (hasProxy(workload)) return true
  return asksForInjection(workload) ?? world.labelsOfNamespace(workload.namespace)['istio-injection'] === 'enabled'
}

const MODE = 'istio.io/dataplane-mode'

/** In ambient mode, and not given a sidecar for all that. */
export function isAmbientNamespace(labels: Labels): boolean {
  return labels[MODE] === 'ambient' && labels['istio-injection'] !== 'enabled' && labels['istio.io/rev'] === undefined
}

export function isAmbient({ annotations, labels, namespace }: Workload, world: World): boolean {
  if (annotations['ambient.istio.io/redirection'] === 'enabled' || labels[MODE] === 'ambient') return true
  return labels[MODE] !== 'none' && isAmbientNamespace(world.labelsOfNamespace(namespace))
}

/** The parts of Istio itself, which ask for nothing. */
export function isControlPlane({ labels }: Resource): boolean {
  return labels['istio'] !== undefined || labels['release'] === 'istio'
}

export function isSystemNamespace(name: string): boolean {
  return ['istio-system', 'kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'].includes(name)
}

export function selectedBy(selector: Labels, workloads: readonly Workload[], namespace?: string): Workload[] {
  return workloads.filter(each => (namespace === undefined || each.namespace === namespace) && hasLabels(each.labels, selector))
}

/** "app=web,version=v1" */
export function selectorText(selector: Labels): string {
  return Object.keys(selector)
    .sort()
    .map(key => `${key}=${selector[key]}`)
    .join(',')
}

/** Kubernetes' LabelSelector: none selects everything. */
export function matchesSelector(selector: Part, labels: Labels): boolean {
  const matchExpressions = selector
    .at('matchExpressions')
    .items()
    .map(term => ({ key: term.at('key').text(), operator: term.at('operator').text(), values: term.at('values').texts() }))
  return matchesLabels({ matchLabels: selector.at('matchLabels').labels(), matchExpressions }, labels)
}
