/** IST0107, IST0108, IST0125, IST0135, IST0136: annotations of Istio's that it knows, on kinds where it looks, with values it can read. */
import { nearest } from '../../../lib/nearest.ts'
import type { Analyzer } from '../analyzer.ts'
import { type Finding, finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import { containersOf } from '../workloads.ts'
import { ANNOTATIONS } from './known-annotations.ts'

const KINDS = ['Namespace', 'Service', 'Pod', 'Deployment'] as const
/** Written by machines. */
const IGNORED = ['sidecar.istio.io/status', 'gateway.istio.io/controller-version', 'istio.io/rev']
const INJECT = 'sidecar.istio.io/inject'

export const annotations: Analyzer = {
  name: 'annotations.K8sAnalyzer',
  description: "Istio's annotations are known, stand where they are read, and have values that can be read",
  codes: ['IST0107', 'IST0108', 'IST0125', 'IST0135'],
  inputs: KINDS,
  *analyze({ resources }) {
    for (const object of KINDS.flatMap(kind => resources.of(kind))) {
      for (const [name, part] of istioAnnotations(object)) yield* check(object, name, part)
    }
  },
}

function* check(object: Resource, name: string, part: Part): Generator<Finding> {
  const known = ANNOTATIONS.get(name)
  if (!known) {
    const meant = nearest(name, ANNOTATIONS.keys())
    const fix = meant === undefined ? 'remove it' : `write "${meant}"`
    yield finding('IST0108', part, `Unknown annotation: ${name}`, fix)
    return
  }
  if (known.stage === 'deprecated' && !(name === INJECT && object.labels[INJECT] !== undefined)) {
    const isInject = name === INJECT
    const message = `Annotation "${name}" has been deprecated${isInject ? ' in favor of the "sidecar.istio.io/inject" label' : ''} and may not work in future Istio versions.`
    yield finding('IST0135', part, message, isInject ? 'write it as a label' : 'remove it')
  }
  if (known.kinds.length === 0) return
  if (!known.kinds.includes(object.kind)) {
    const kinds = known.kinds.join(', ')
    const template = object.kind === 'Deployment' && known.kinds.includes('Pod')
    const fix = template ? 'move it to spec.template.metadata.annotations' : `move it to a ${kinds}`
    yield finding('IST0107', part, `Misplaced annotation: ${name} can only be applied to ${kinds}`, fix)
    return
  }
  const problem = known.check?.(part.text())
  if (problem !== undefined) yield finding('IST0125', part, `Invalid annotation ${name}: ${problem}`, 'correct the value')
}

function istioAnnotations(object: Resource): [string, Part][] {
  return object.root
    .at('metadata', 'annotations')
    .entries()
    .filter(([name]) => {
      const prefix = name.split('/', 1)[0] ?? ''
      const isIstio = name.includes('/') && (prefix === 'istio.io' || prefix.endsWith('.istio.io'))
      return (isIstio || name === 'kubernetes.io/ingress.class') && !IGNORED.includes(name)
    })
}

/** Where no init container changes the network, the CNI does, and these are its settings: nothing new. */
const CAPTURE = [
  'sidecar.istio.io/interceptionMode',
  'traffic.sidecar.istio.io/includeInboundPorts',
  'traffic.sidecar.istio.io/excludeInboundPorts',
  'traffic.sidecar.istio.io/includeOutboundIPRanges',
]

export const alphaAnnotations: Analyzer = {
  name: 'annotations.AlphaAnalyzer',
  description: 'no annotation is used that may change without notice',
  codes: ['IST0136'],
  inputs: KINDS,
  optIn: true,
  *analyze({ resources }) {
    for (const object of KINDS.flatMap(kind => resources.of(kind))) {
      const init = containersOf(object.spec).some(container => container.at('name').text() === 'istio-init')
      for (const [name, part] of istioAnnotations(object)) {
        if (ANNOTATIONS.get(name)?.stage !== 'alpha' || (!init && CAPTURE.includes(name))) continue
        const message = `Annotation "${name}" is part of an alpha-phase feature and may be incompletely supported.`
        yield finding('IST0136', part, message, 'see whether a setting of the API does the same')
      }
    }
  },
}
