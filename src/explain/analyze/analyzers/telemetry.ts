/** IST0002, IST0101, IST0157, IST0159, IST0160: one Telemetry holds for each pod, and it leads to a provider. */
import type { Analyzer } from '../analyzer.ts'
import { type Finding, finding } from '../finding.ts'
import type { Resource } from '../resource.ts'
import { selectedBy, selectorText, workloadsOf } from '../workloads.ts'
import type { World } from '../world.ts'
import { conflictingSelectors, severalDefaults } from './selector-conflicts.ts'

export const telemetrySelectors: Analyzer = {
  name: 'telemetry.SelectorAnalyzer',
  description: 'one Telemetry holds for each pod, and each Telemetry for some pod',
  codes: ['IST0101', 'IST0159', 'IST0160'],
  inputs: ['Telemetry', 'Pod', 'Deployment'],
  *analyze(world) {
    const workloads = workloadsOf(world)
    const objects = world.resources.of('Telemetry').filter(({ spec }) => !isAttached(spec.of))
    for (const object of objects) {
      const selector = selectorOf(object)
      const namespace = object.namespace === world.rootNamespace ? undefined : object.namespace
      if (selector === undefined || selectedBy(selector, workloads, namespace).length > 0) continue
      const text = selectorText(selector)
      const fix = `label a workload in namespace "${object.namespace}" with ${text}, or correct the selector`
      yield finding('IST0101', object.spec.at('selector'), `Referenced selector not found: "${text}"`, fix)
    }
    for (const { object, others, pod } of conflictingSelectors(objects, selectorOf, world)) {
      const message = `The Telemetries [${others.join(' ')}] in namespace "${object.namespace}" select the same workload pod "${pod}", which can lead to undefined behavior.`
      yield finding('IST0159', object.spec.at('selector'), message, 'make the selectors select different pods')
    }
    for (const { object, others } of severalDefaults(objects, selectorOf)) {
      const message = `The Telemetries [${others.join(' ')}] in namespace "${object.namespace}" have no workload selector, which can lead to undefined behavior.`
      yield finding('IST0160', object.spec, message, 'keep one of them, or give the others a selector')
    }
  },
}

export const telemetryProviders: Analyzer = {
  name: 'telemetry.ProviderAnalyzer',
  description: 'access logs of a Telemetry lead to a provider, and no removed provider is used',
  codes: ['IST0002', 'IST0157'],
  inputs: ['Telemetry'],
  *analyze(world) {
    for (const object of world.resources.of('Telemetry')) {
      yield* checkLogging(object, world)
      yield* checkTracing(object, world)
    }
  },
}

function* checkLogging({ name, namespace, spec }: Resource, { meshConfig }: World): Generator<Finding> {
  if (meshConfig.at('defaultProviders', 'accessLogging').items().length > 0) return
  for (const logging of spec.at('accessLogging').items()) {
    if (logging.at('disabled').value === true || logging.at('providers').items().length > 0) continue
    const message = `The Telemetry ${name} in namespace "${namespace}" is not a valid telemetry because there is no default provider`
    yield finding('IST0157', logging, message, 'name a provider, or set defaultProviders.accessLogging in the mesh configuration')
  }
}

function* checkTracing({ spec }: Resource, { meshConfig }: World): Generator<Finding> {
  const removed = meshConfig
    .at('extensionProviders')
    .items()
    .flatMap(provider => (provider.at('lightstep').isSet() ? [provider.at('name').text()] : []))
  for (const provider of spec
    .at('tracing')
    .items()
    .flatMap(tracing => tracing.at('providers').items())) {
    if (!removed.includes(provider.at('name').text())) continue
    const message = 'The Lightstep provider is removed: its traces are taken by OpenTelemetry'
    yield finding('IST0002', provider, message, 'use an "opentelemetry" provider')
  }
}

function isAttached({ spec }: Resource): boolean {
  return spec.at('targetRef').isSet() || spec.at('targetRefs').items().length > 0
}

function selectorOf({ spec }: Resource) {
  return spec.at('selector').isSet() ? spec.at('selector', 'matchLabels').labels() : undefined
}
