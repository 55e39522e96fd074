/** IST0163, IST0164: webhooks that lead to a control plane outside of the cluster have an address, best a name. */
import { isIP } from 'node:net'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'

const VALIDATOR = /^(?:istiod-default-validator$|istio-validator)/
const INJECTOR = /^istio-sidecar-injector/
const FIX = 'set clientConfig.url to "https://" and the host name of the control plane, or name a service'

export const externalControlPlane: Analyzer = {
  name: 'externalcontrolplane.ExternalControlPlaneAnalyzer',
  description: 'webhooks of an external control plane have an address',
  codes: ['IST0163', 'IST0164'],
  inputs: ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'],
  *analyze({ resources }) {
    for (const object of resources.of('ValidatingWebhookConfiguration')) if (VALIDATOR.test(object.name)) yield* check(object)
    for (const object of resources.of('MutatingWebhookConfiguration')) if (INJECTOR.test(object.name)) yield* check(object)
  },
}

function* check(object: Resource) {
  for (const webhook of object.root.at('webhooks').items()) {
    const config = webhook.at('clientConfig')
    const url = config.at('url')
    const name = webhook.at('name').text()
    if (!url.isSet()) {
      if (!config.at('service').isSet()) yield invalid(config, '', name, 'is blank')
      continue
    }
    const host = hostOf(url.text())
    if (url.text() === '') yield invalid(url, '', name, 'is blank')
    else if (host === '') yield invalid(url, url.text(), name, 'is not a URL')
    else if (isIP(host) !== 0) {
      const message = `The address (${host}) in webhook (${name}) should be a hostname.`
      yield finding('IST0164', url, message, 'give the control plane a host name, which its certificate can be for')
    }
  }
}

function invalid(part: Part, host: string, webhook: string, problem: string) {
  return finding('IST0163', part, `The hostname (${host}) in webhook (${webhook}) ${problem}.`, FIX)
}

function hostOf(url: string): string {
  return (URL.parse(url)?.hostname ?? '').replace(/^\[|\]$/g, '')
}
