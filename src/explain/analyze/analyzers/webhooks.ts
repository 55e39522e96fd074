/** IST0139: each pod is injected by at most one webhook, and that webhook's service exists. */
import type { Labels } from '../../../model/labels.ts'
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import type { Part, Resource } from '../resource.ts'
import { matchesSelector } from '../workloads.ts'
import type { World } from '../world.ts'

const REVISION = 'istio.io/rev'

interface Webhook {
  readonly part: Part
  /** "configuration/webhook" */
  readonly name: string
}

export const webhooks: Analyzer = {
  name: 'webhook.Analyzer',
  description: 'each pod is injected by at most one webhook, whose service exists',
  codes: ['IST0139'],
  inputs: ['MutatingWebhookConfiguration', 'Service'],
  *analyze(world) {
    const configs = world.resources.of('MutatingWebhookConfiguration')
    const revisions = new Set(configs.flatMap(revisionsOf))
    const injecting = configs
      .filter(config => revisionsOf(config).length > 0 || webhooksOf(config).some(isIstios))
      .flatMap(webhooksOf)
    for (const namespace of permutations('istio-injection', ['enabled', 'disabled'], revisions)) {
      for (const pod of permutations('sidecar.istio.io/inject', ['true', 'false'], revisions))
        yield* overlaps(injecting, namespace, pod)
    }
    for (const webhook of injecting) yield* checkService(webhook, world)
  },
}

function* overlaps(all: readonly Webhook[], namespace: Labels, pod: Labels) {
  const matching = all.filter(
    ({ part }) => matchesSelector(part.at('namespaceSelector'), namespace) && matchesSelector(part.at('objectSelector'), pod),
  )
  if (matching.length < 2) return
  for (const { part, name } of matching) {
    const others = matching.flatMap(each => (each.name === name ? [] : [each.name])).sort()
    const message = `Webhook overlaps with others: [${others.join(' ')}]. This may cause injection to occur twice.`
    yield finding('IST0139', part, message, 'make the selectors of the webhooks exclude each other, or remove the older revision')
  }
}

function* checkService({ part }: Webhook, { resources }: World) {
  const service = part.at('clientConfig', 'service')
  if (!service.isSet()) return
  const [namespace, name] = [service.at('namespace').text(), service.at('name').text()]
  if (resources.find('Service', namespace, name)) return
  const message = `Injector refers to a control plane service that does not exist: ${name}.${namespace}.`
  yield finding('IST0139', service, message, `create the Service "${namespace}/${name}", or remove the webhook`)
}

function webhooksOf(config: Resource): Webhook[] {
  return config.root
    .at('webhooks')
    .items()
    .map(part => ({ part, name: `${config.name}/${part.at('name').text()}` }))
}

function isIstios({ name }: Webhook): boolean {
  return name.endsWith('istio.io')
}

/** Those that the selectors ask for. */
function revisionsOf(config: Resource): string[] {
  return webhooksOf(config).flatMap(({ part }) =>
    ['namespaceSelector', 'objectSelector'].flatMap(field => {
      const selector = part.at(field)
      const expressions = selector.at('matchExpressions').items()
      const listed = expressions.filter(term => term.at('key').text() === REVISION && term.at('operator').text() === 'In')
      return [selector.at('matchLabels').labels()[REVISION] ?? '', ...listed.flatMap(term => term.at('values').texts())].filter(
        revision => revision !== '',
      )
    }),
  )
}

/** Every way to say (or not to say) whether to inject, with every revision and with none. */
function permutations(label: string, values: readonly string[], revisions: ReadonlySet<string>): Labels[] {
  const said: Labels[] = [{}, ...values.map(value => ({ [label]: value }))]
  return said.flatMap(labels => [labels, ...[...revisions].map(revision => ({ ...labels, [REVISION]: revision }))])
}
