/** IST0101, IST0112, IST0140: destinations of VirtualServices lead to a host and port that their readers can see. */
import type { Analyzer } from '../analyzer.ts'
import { destinations, gatewaysOf, httpDestinations, MESH } from '../destinations.ts'
import { type Finding, finding } from '../finding.ts'
import { type Host, Hosts, scopesOf } from '../hosts.ts'
import type { Part, Resource } from '../resource.ts'
import type { World } from '../world.ts'

export const destinationHosts: Analyzer = {
  name: 'virtualservice.DestinationHostAnalyzer',
  description: 'destinations of VirtualServices lead to a host and port that exist',
  codes: ['IST0101', 'IST0112', 'IST0140'],
  inputs: ['VirtualService', 'Service', 'ServiceEntry'],
  *analyze(world) {
    const hosts = new Hosts(world)
    for (const object of world.resources.of('VirtualService')) yield* checkHosts(object, hosts)
    yield* checkSubsetsOfGateways(world, hosts)
  },
}

function* checkHosts(object: Resource, hosts: Hosts): Generator<Finding> {
  const readers = scopesOf(object.spec.at('exportTo').texts(), object.namespace)
  for (const { part, mirror } of destinations(object)) {
    const name = hosts.fullName(part.at('host').text(), object.namespace)
    const host = hosts.visible(name, object, readers)
    if (host) yield* checkPort(part, host, name)
    else {
      const what = mirror ? 'mirror host' : 'host'
      const hidden = hosts.named(name).length > 0
      const fix = hidden
        ? `export "${name}" to the namespaces where this VirtualService is read (exportTo)`
        : `create a Service or ServiceEntry for "${name}", or correct the name`
      yield finding('IST0101', part.at('host'), `Referenced ${what} not found: "${part.at('host').text()}"`, fix)
    }
  }
}

function* checkPort(part: Part, { ports }: Host, name: string): Generator<Finding> {
  const port = part.at('port', 'number')
  const number = port.number()
  if (number === undefined && ports.length > 1) {
    const message = `This VirtualService routes to a host "${name}" that exposes multiple ports [${ports.join(' ')}]. Specifying a port in the destination is required to disambiguate.`
    yield finding(
      'IST0112',
      part,
      message,
      `add "port: {number: ${ports[0]}}" (or another of ${ports.join(', ')}) to the destination`,
    )
  }
  if (number !== undefined && !ports.includes(number)) {
    const fix = ports.length > 0 ? `use one of its ports: ${ports.join(', ')}` : `give "${name}" ports`
    yield finding('IST0101', port, `Referenced host:port not found: "${part.at('host').text()}:${number}"`, fix)
  }
}

/** A rule of the mesh that splits a host by subsets says nothing about traffic that a gateway sends to that host. */
function* checkSubsetsOfGateways({ resources }: World, hosts: Hosts): Generator<Finding> {
  const split = new Map<string, Resource>()
  for (const object of resources.of('VirtualService')) {
    if (!gatewaysOf(object).includes(MESH)) continue
    for (const { part } of httpDestinations(object)) {
      const name = hosts.fullName(part.at('host').text(), object.namespace)
      if (part.at('subset').text() !== '' && !split.has(name)) split.set(name, object)
    }
  }
  for (const object of resources.of('VirtualService')) {
    if (gatewaysOf(object).every(gateway => gateway === MESH)) continue
    for (const { part, mirror } of httpDestinations(object)) {
      const other = split.get(hosts.fullName(part.at('host').text(), object.namespace))
      if (mirror || !other || other === object || part.at('subset').text() !== '') continue
      const message = `Subset rules of the virtual service "${other.key}" have no effect on the ingress route of this one to "${part.at('host').text()}"`
      yield finding('IST0140', part, message, 'say the subset (and the weights) in this VirtualService too')
    }
  }
}
