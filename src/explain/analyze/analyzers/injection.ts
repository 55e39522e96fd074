/** IST0102, IST0103, IST0123, IST0148: which namespaces and pods get a proxy, and where the labels say two things. */
import type { Analyzer } from '../analyzer.ts'
import { type Finding, finding } from '../finding.ts'
import type { Resource } from '../resource.ts'
import { asksForInjection, hasProxy, isSystemNamespace, podsOf } from '../workloads.ts'
import type { World } from '../world.ts'
import { injectorConfigs } from './injector-config.ts'

const INJECTION = 'istio-injection'
const REVISION = 'istio.io/rev'
const MODE = 'istio.io/dataplane-mode'

export const injection: Analyzer = {
  name: 'injection.Analyzer',
  description: 'namespaces say whether their pods get a proxy, and those pods have one',
  codes: ['IST0102', 'IST0103', 'IST0123', 'IST0148'],
  inputs: ['Namespace', 'Pod', 'ConfigMap'],
  *analyze(world) {
    const byDefault = injectorConfigs(world).some(
      config => config.at('sidecarInjectorWebhook', 'enableNamespacesByDefault').value === true,
    )
    const injected = new Set<string>()
    for (const object of world.resources.of('Namespace')) {
      if (isSystemNamespace(object.name)) continue
      if (yield* checkNamespace(object, byDefault)) injected.add(object.name)
    }
    yield* checkPods(world, injected)
  },
}

/** @returns whether pods of the namespace get a sidecar */
function* checkNamespace(object: Resource, byDefault: boolean): Generator<Finding, boolean> {
  const { name, root } = object
  const part = root.at('metadata', 'labels')
  const label = object.labels[INJECTION] ?? ''
  const revision = object.labels[REVISION]
  const ambient = object.labels[MODE] === 'ambient'
  const said = [
    ...(label !== '' && (revision !== undefined || label === 'enabled') ? [`${INJECTION}: ${label}`] : []),
    ...(revision === undefined ? [] : [`${REVISION}: ${revision}`]),
    ...(ambient ? [`${MODE}: ambient`] : []),
  ]
  if (said.length > 1) {
    const message = `The namespace has more than one injection label: [${said.join(', ')}], which may lead to undesired behavior. Make sure only one injection label exists.`
    yield finding('IST0123', part, message, 'keep one of the labels')
    return false
  }
  if (ambient) return false
  if (label !== '' || revision !== undefined) return label === 'enabled' || revision !== undefined
  if (byDefault) {
    const message = 'is enabled for Istio injection, as Istio is installed with enableNamespacesByDefault as true.'
    yield finding('IST0148', part, message, `label the namespace "${INJECTION}: disabled" if its pods shall have no proxy`)
    return true
  }
  const message = `The namespace is not enabled for Istio injection. Run 'kubectl label namespace ${name} istio-injection=enabled' to enable it, or 'kubectl label namespace ${name} istio-injection=disabled' to explicitly mark it as not needing injection.`
  yield finding('IST0102', part, message, `label the namespace "${INJECTION}: enabled", or "disabled"`)
  return false
}

function* checkPods(world: World, injected: ReadonlySet<string>): Generator<Finding> {
  for (const pod of podsOf(world)) {
    if (!injected.has(pod.namespace) || hasProxy(pod)) continue
    if (asksForInjection(pod) === false || pod.spec.at('hostNetwork').value === true) continue
    const message = `The pod ${pod.of.name} is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.`
    yield finding('IST0103', pod.of.root, message, 'make the pod anew, so that it is injected: kubectl rollout restart')
  }
}
