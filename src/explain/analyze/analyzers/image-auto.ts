/** IST0146, IST0147: "image: auto" is replaced by injection; where that does not happen the pod cannot start. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part } from '../resource.ts'
import { containersOf, matchesSelector, PROXY, podsOf, templateOf, type Workload } from '../workloads.ts'
import type { World } from '../world.ts'

const FIX = 'label the pod "sidecar.istio.io/inject: true" and its namespace for injection, or write the image out'

export const imageAuto: Analyzer = {
  name: 'injection.ImageAutoAnalyzer',
  description: '"image: auto" stands only where injection replaces it',
  codes: ['IST0146', 'IST0147'],
  inputs: ['Pod', 'Deployment', 'Namespace', 'MutatingWebhookConfiguration'],
  *analyze(world) {
    for (const pod of podsOf(world)) {
      const image = autoImage(pod)
      if (!image) continue
      const message = `Pod ${pod.of.name} contains \`image: auto\` but does not match any Istio injection webhook selectors.`
      yield finding('IST0147', image, message, FIX)
    }
    for (const deployment of world.resources.of('Deployment')) {
      const template = templateOf(deployment)
      const image = autoImage(template)
      if (!image || isInjected(template, world)) continue
      const message = `Deployment ${deployment.name} contains \`image: auto\` but does not match any Istio injection webhook selectors.`
      yield finding('IST0146', image, message, FIX)
    }
  },
}

function autoImage({ spec }: Workload): Part | undefined {
  const proxy = containersOf(spec).find(each => each.at('name').text() === PROXY && each.at('image').text() === 'auto')
  return proxy?.at('image')
}

function isInjected({ namespace, labels }: Workload, world: World): boolean {
  return world.resources
    .of('MutatingWebhookConfiguration')
    .flatMap(config => config.root.at('webhooks').items())
    .some(
      webhook =>
        webhook.at('name').text().endsWith('istio.io') &&
        matchesSelector(webhook.at('namespaceSelector'), world.labelsOfNamespace(namespace)) &&
        matchesSelector(webhook.at('objectSelector'), labels),
    )
}
