/** References between objects: each destination, gateway, subset and selector must name something. The codes are Istio's. */
import type { Destination, HTTPRoute } from '../api/istio/virtualservice/schema.ts'
import type { Path } from '../api/object.ts'
import type { DestinationRule, Gateway, Sidecar, VirtualService } from '../api/registry.ts'
import { nearest } from '../lib/nearest.ts'
import { fullHostName, isSubset, isWildcard } from '../model/host.ts'
import { hasLabels, type Labels } from '../model/labels.ts'
import type { Mesh } from '../model/mesh.ts'
import { MESH } from '../model/route-set.ts'
import { portOf, type Service, serviceKey } from '../model/service.ts'
import { trafficRuleFor } from '../model/traffic-rule-lookup.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import { gatewayName } from './gateway-name.ts'
import type { Objects } from './objects.ts'
import { delegateNames } from './virtual-service.ts'

const NOBODY = 'no workload of its namespace follows it'
const REFUSED = 'requests that are sent there get 503'

/** The gateway that every installation has, whether or not its pod is among the objects. */
const DEFAULT_GATEWAY: Labels = { istio: 'ingressgateway' }

export function checkReferences(objects: Objects, mesh: Mesh): Diagnostic[] {
  const known = new Known(objects, mesh)
  return [
    ...objects.VirtualService.flatMap(object => checkVirtualService(object, known)),
    ...objects.DestinationRule.flatMap(object => checkDestinationRule(object, known)),
    ...objects.Gateway.flatMap(object => checkGateway(object, known)),
    ...objects.Sidecar.flatMap(object => checkSidecar(object, known)),
  ]
}

interface LabelledThing {
  readonly namespace: string
  readonly labels: Labels
}

/** What can be referred to. Workloads are pods, and those that Deployments are going to make. */
class Known {
  readonly mesh: Mesh
  readonly gateways: ReadonlySet<string>
  readonly virtualServices: ReadonlySet<string>
  readonly #byHost: ReadonlyMap<string, readonly Service[]>
  readonly #wildcards: readonly Service[]
  readonly #workloads: readonly LabelledThing[]
  readonly #byLabel = new Map<string, LabelledThing[]>()

  constructor(objects: Objects, mesh: Mesh) {
    this.mesh = mesh
    this.gateways = new Set(objects.Gateway.map(({ namespace, name }) => `${namespace}/${name}`))
    this.virtualServices = new Set(objects.VirtualService.map(({ namespace, name }) => `${namespace}/${name}`))
    this.#byHost = Map.groupBy(mesh.services, service => service.hostname)
    this.#wildcards = mesh.services.filter(service => isWildcard(service.hostname))
    const templates = [...objects.Deployment, ...objects.StatefulSet, ...objects.DaemonSet].map(({ namespace, spec }) => ({
      namespace,
      labels: spec.template?.metadata?.labels ?? {},
    }))
    const entries = objects.WorkloadEntry.map(entry => ({
      namespace: entry.namespace,
      labels: { ...entry.spec.labels, ...entry.labels },
    }))
    this.#workloads = [...mesh.workloads.values(), ...templates, ...entries]
    for (const workload of this.#workloads) {
      for (const [key, value] of Object.entries(workload.labels)) {
        const list = this.#byLabel.get(`${key}=${value}`)
        if (list) list.push(workload)
        else this.#byLabel.set(`${key}=${value}`, [workload])
      }
    }
  }

  services(host: string): readonly Service[] {
    return this.#byHost.get(host) ?? this.#wildcards.filter(service => isSubset(host, service.hostname))
  }

  hosts(): Iterable<string> {
    return this.#byHost.keys()
  }

  hasWorkload(labels: Labels, namespace?: string): boolean {
    const lists = Object.entries(labels).map(([key, value]) => this.#byLabel.get(`${key}=${value}`) ?? [])
    const fewest = lists.sort((a, b) => a.length - b.length)[0] ?? this.#workloads
    return fewest.some(
      workload => (namespace === undefined || workload.namespace === namespace) && hasLabels(workload.labels, labels),
    )
  }

  /** Workloads behind a service with these labels too; endpoints written into a ServiceEntry count. */
  hasEndpoint(service: Service, labels: Labels): boolean {
    if (service.selector && this.hasWorkload({ ...service.selector, ...labels }, service.namespace)) return true
    const endpoints = this.mesh.endpoints.get(serviceKey(service))
    return [...(endpoints?.values() ?? [])].some(list => list.some(endpoint => hasLabels(endpoint.labels, labels)))
  }
}

function checkVirtualService(object: VirtualService, known: Known): Diagnostic[] {
  const { spec, namespace } = object
  const found: Diagnostic[] = []
  const gateways = (spec.gateways ?? []).map((name, i) => ({ name, path: ['spec', 'gateways', i] }))
  for (const { name, path } of gateways) {
    const full = gatewayName(name, namespace)
    if (full === MESH || known.gateways.has(full)) continue
    const meant = nearest(full, known.gateways)
    const fix = meant ? `did you mean "${meant}"?` : 'create the Gateway, or take it out of "gateways"'
    found.push(missing(object, path, 'gateway', full, fix))
  }
  delegateNames(object).forEach((name, i) => {
    if (name === undefined || known.virtualServices.has(name)) return
    found.push(missing(object, ['spec', 'http', i, 'delegate'], 'delegate VirtualService', name))
  })
  for (const { destination, path } of destinationsOf(object)) found.push(...checkDestination(object, destination, path, known))
  return found
}

interface Placed {
  readonly destination: Destination
  readonly path: Path
}

function destinationsOf({ spec }: VirtualService): Placed[] {
  const http = (spec.http ?? []).flatMap((rule, i) => httpDestinations(rule, ['spec', 'http', i]))
  const others = (['tls', 'tcp'] as const).flatMap(kind =>
    (spec[kind] ?? []).flatMap((rule, i) =>
      (rule.route ?? []).map((entry, j) => ({
        destination: entry.destination,
        path: ['spec', kind, i, 'route', j, 'destination'],
      })),
    ),
  )
  return [...http, ...others]
}

function httpDestinations(rule: HTTPRoute, path: Path): Placed[] {
  const routes = (rule.route ?? []).map((entry, i) => ({
    destination: entry.destination,
    path: [...path, 'route', i, 'destination'],
  }))
  const mirrors = (rule.mirrors ?? []).map((entry, i) => ({
    destination: entry.destination,
    path: [...path, 'mirrors', i, 'destination'],
  }))
  return [...routes, ...(rule.mirror ? [{ destination: rule.mirror, path: [...path, 'mirror'] }] : []), ...mirrors]
}

function checkDestination(object: VirtualService, destination: Destination, path: Path, known: Known): Diagnostic[] {
  const { settings } = known.mesh
  const host = fullHostName(destination.host, object.namespace, settings.domainSuffix).toLowerCase()
  const services = known.services(host)
  const [service] = services
  if (!service) {
    const meant = nearest(host, known.hosts())
    const fix = meant ? `did you mean "${meant}"?` : 'create the Service or ServiceEntry'
    return [missing(object, [...path, 'host'], 'host', host, fix, REFUSED)]
  }
  const found: Diagnostic[] = []
  const { number } = destination.port ?? {}
  if (number && !services.some(entry => portOf(entry, number))) {
    const ports = services.flatMap(entry => entry.ports.map(port => port.number)).join(', ')
    found.push(missing(object, [...path, 'port'], 'host:port', `${host}:${number}`, `choose one of its ports: ${ports}`))
  } else if (!number && service.ports.length > 1) {
    const ports = service.ports.map(port => port.number).join(', ')
    const message = `"${host}" has several ports (${ports}): expected one to be chosen`
    const effect = 'the port of the request is used'
    const fix = 'add "port: {number: ...}" to the destination'
    found.push(diagnostic(object, path, { code: 'IST0112', level: 'error', message, fix, effect }))
  }
  if (destination.subset && !subsetExists(object.namespace, service, destination.subset, known)) {
    const fix = `add the subset to a DestinationRule for "${host}"`
    found.push(
      missing(object, [...path, 'subset'], 'host+subset in a DestinationRule', `${host}+${destination.subset}`, fix, REFUSED),
    )
  }
  return found
}

function subsetExists(namespace: string, service: Service, subset: string, { mesh }: Known): boolean {
  const rule = trafficRuleFor(mesh, { namespace, labels: {} }, service)
  if (rule?.subsets.some(entry => entry.name === subset)) return true
  // Rules for chosen clients only, or of other namespaces that clients may be in.
  return mesh.trafficRules.some(
    entry => isSubset(service.hostname, entry.host) && entry.subsets.some(each => each.name === subset),
  )
}

function checkDestinationRule(object: DestinationRule, known: Known): Diagnostic[] {
  const host = fullHostName(object.spec.host, object.namespace, known.mesh.settings.domainSuffix).toLowerCase()
  const services = known.services(host)
  if (services.length === 0 && !isWildcard(host)) {
    const meant = nearest(host, known.hosts())
    const message = `there is no service "${host}"`
    const effect = 'the rule does nothing'
    const fix = meant ? `did you mean "${meant}"?` : undefined
    return [diagnostic(object, ['spec', 'host'], { code: 'IST0174', level: 'warning', message, fix, effect })]
  }
  return (object.spec.subsets ?? []).flatMap((subset, i) => {
    const labels = subset.labels ?? {}
    if (services.length === 0 || services.some(service => known.hasEndpoint(service, labels))) return []
    const text = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ')
    const message = `subset "${subset.name}" selects no workload of "${host}": none has the labels ${text}`
    return [diagnostic(object, ['spec', 'subsets', i, 'labels'], { code: 'IST0173', level: 'error', message })]
  })
}

function checkGateway(object: Gateway, known: Known): Diagnostic[] {
  const selector = object.spec.selector ?? {}
  if (known.hasWorkload(selector) || hasLabels(DEFAULT_GATEWAY, selector)) return []
  const effect = 'no proxy listens for it'
  return [missing(object, ['spec', 'selector'], 'selector', labelText(selector), undefined, effect)]
}

function checkSidecar(object: Sidecar, known: Known): Diagnostic[] {
  const labels = object.spec.workloadSelector?.labels
  const same = known.mesh.sidecars.filter(sidecar => sidecar.namespace === object.namespace && !sidecar.selector)
  if (!labels && same.length > 1) {
    const names = same.map(sidecar => sidecar.name).join(', ')
    const message = `namespace "${object.namespace}" has several Sidecars without a workloadSelector (${names})`
    const effect = `"${same[0]?.name}", the oldest, is used`
    return [diagnostic(object, ['spec'], { code: 'IST0111', level: 'error', message, effect })]
  }
  if (!labels || known.hasWorkload(labels, object.namespace)) return []
  return [missing(object, ['spec', 'workloadSelector'], 'selector', labelText(labels), undefined, NOBODY)]
}

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(', ')
}

type Referrer = VirtualService | Gateway | Sidecar

function missing(object: Referrer, path: Path, what: string, value: string, fix?: string, effect?: string): Diagnostic {
  return diagnostic(object, path, {
    code: 'IST0101',
    level: 'error',
    message: `referenced ${what} not found: "${value}"`,
    fix,
    effect,
  })
}
