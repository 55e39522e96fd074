/** What analyzers look at: the objects of a cluster and the mesh's configuration. */
import { originWithoutFile } from '../../api/object.ts'
import type { Labels } from '../../model/labels.ts'
import { Part, Resource } from './resource.ts'
import { Resources } from './resources.ts'

export interface WorldInput {
  readonly resources: readonly Resource[]
  /** Istio's MeshConfig and MeshNetworks; undefined: what the objects say (ConfigMap `istio`), or the defaults. */
  readonly meshConfig?: Resource | undefined
  readonly meshNetworks?: Resource | undefined
  /** Clusters beside this one, by name, for analyzers that compare. */
  readonly clusters?: ReadonlyMap<string, readonly Resource[]>
  /** Decides whether certificates are out of date, milliseconds since 1970. */
  readonly now: number
}

export class World {
  readonly resources: Resources
  readonly clusters: ReadonlyMap<string, Resources>
  readonly meshConfig: Part
  readonly meshNetworks: Part
  readonly rootNamespace: string
  readonly domain: string
  readonly now: number

  constructor(input: WorldInput) {
    const nothing = new Resource({ kind: 'MeshConfig', metadata: { name: 'default' } }, originWithoutFile('defaults'))
    this.meshConfig = input.meshConfig?.root.at('spec') ?? new Part(nothing, [], {})
    this.meshNetworks = input.meshNetworks?.root.at('spec') ?? new Part(nothing, [], {})
    this.rootNamespace = this.meshConfig.at('rootNamespace').text() || 'istio-system'
    this.domain = 'cluster.local'
    this.now = input.now
    const ingressOff = this.meshConfig.at('ingressControllerMode').text() === 'OFF'
    this.resources = withDefaultGateway(input.resources, ingressOff)
    this.clusters = new Map([...(input.clusters ?? [])].map(([name, resources]) => [name, new Resources(resources)]))
  }

  labelsOfNamespace(name: string): Labels {
    return this.resources.find('Namespace', '', name)?.labels ?? {}
  }
}

/** Every installation has an ingress gateway, though the user's files rarely hold it: without it each Gateway would be called an error. */
function withDefaultGateway(given: readonly Resource[], ingressOff: boolean): Resources {
  const own = new Resources(given)
  const there = ingressOff || own.find('Service', 'istio-system', 'istio-ingressgateway') !== undefined
  return there ? own : new Resources([...given, ...DEFAULT_GATEWAY])
}

const labels = { istio: 'ingressgateway' }
const ports = [80, 443, 31400, 15443].map(port => ({ name: `tcp-${port}`, port, targetPort: port, protocol: 'TCP' }))

const DEFAULT_GATEWAY = [
  {
    kind: 'Pod',
    metadata: { name: 'istio-ingressgateway-assumed', namespace: 'istio-system', labels },
    spec: { containers: [{ name: 'istio-proxy' }] },
  },
  { kind: 'Service', metadata: { name: 'istio-ingressgateway', namespace: 'istio-system' }, spec: { selector: labels, ports } },
].map(document => new Resource({ apiVersion: 'v1', ...document }, originWithoutFile('assumed')))
