/**
 * Networks of the mesh: Istio's MeshNetworks, the label of the root namespace, and the Services that are labelled as the way into a network.
 */
import { isIP } from 'node:net'
import { Findings } from '../api/findings.ts'
import { readMeshNetworks } from '../api/istio/meshconfig/read.ts'
import type { MeshNetworks } from '../api/istio/meshnetworks/schema.ts'
import { pathText } from '../api/object.ts'
import type { Service } from '../api/registry.ts'
import { Cidr } from '../lib/cidr.ts'
import { IdentityMemo } from '../lib/identity-memo.ts'
import { type NetworkGateway, type Networks, NO_NETWORKS } from '../model/network.ts'
import type { MeshSettings } from '../model/settings.ts'
import type { Objects } from './objects.ts'
import { serviceHost } from './service.ts'

const NETWORK = 'topology.istio.io/network'
const GATEWAY_PORT = 'networking.istio.io/gatewayPort'
const DEFAULT_GATEWAY_PORT = 15443

export interface NetworksReading {
  readonly networks: Networks
  /** Sentences about mistakes; with one of these all of it is left out. */
  readonly problems: readonly string[]
  /** Sentences about what has no effect here. */
  readonly unused: readonly string[]
}

/** @param yaml MeshNetworks; "" says nothing @param clusterId the name of this cluster, by which "fromRegistry" may mean it */
export function readNetworks(yaml: string, clusterId: string): NetworksReading {
  const findings = new Findings()
  const spec = readMeshNetworks(yaml, findings)
  if (spec) return { networks: compileNetworks(spec, clusterId), problems: [], unused: unusedParts(spec, clusterId) }
  const errors = findings.all.filter(finding => finding.level === 'error')
  return {
    networks: NO_NETWORKS,
    problems: errors.map(
      ({ path, message }) => `Cannot use ${['meshNetworks', pathText(path)].filter(Boolean).join('.')}: ${message}`,
    ),
    unused: [],
  }
}

function compileNetworks({ networks = {} }: MeshNetworks, clusterId: string): Networks {
  const all = Object.entries(networks)
  const endpoints = all.flatMap(([network, { endpoints = [] }]) => endpoints.map(entry => ({ network, ...entry })))
  const gateways = all.flatMap(([network, { gateways = [] }]) => gateways.map(entry => ({ network, ...entry })))
  return {
    home: endpoints.find(({ fromRegistry }) => fromRegistry === clusterId)?.network ?? '',
    ranges: endpoints.flatMap(({ network, fromCidr }) => (fromCidr ? [{ network, range: rangeOf(fromCidr) }] : [])),
    gateways: gateways.flatMap(({ network, address = '', port = 0 }) => (isIP(address) ? [{ network, address, port }] : [])),
    services: gateways.flatMap(({ network, registryServiceName: hostname, port = 0 }) =>
      hostname ? [{ network, hostname, port }] : [],
    ),
  }
}

/** @param text validated: an address or a range */
function rangeOf(text: string): Cidr {
  const [address = '', length] = text.split('/')
  return new Cidr(address, length === undefined ? (isIP(address) === 6 ? 128 : 32) : Number(length))
}

function unusedParts({ networks = {} }: MeshNetworks, clusterId: string): string[] {
  return Object.entries(networks).flatMap(([name, { endpoints = [], gateways = [] }]) => [
    ...endpoints.flatMap(({ fromRegistry }) =>
      fromRegistry && fromRegistry !== clusterId
        ? [
            `meshNetworks.networks.${name} has endpoints of cluster "${fromRegistry}", which this control plane does not see: its own is "${clusterId}"`,
          ]
        : [],
    ),
    ...gateways.flatMap(({ address }) =>
      address && !isIP(address)
        ? [`meshNetworks.networks.${name}: the gateway "${address}" is not used, its address is a name: expected an IP address`]
        : [],
    ),
    ...gateways.flatMap(({ locality }) =>
      locality
        ? [`meshNetworks.networks.${name}: the locality of a gateway has no effect, as in Istio: endpoints keep their own`]
        : [],
    ),
  ])
}

const memo = new IdentityMemo<MeshSettings>()
/** A Service that is no way into a network makes no new settings. */
const known = new IdentityMemo<Networks>()
const settled = new IdentityMemo<MeshSettings>()

/** The same settings as long as the objects say nothing about networks. */
export function withNetworks(settings: MeshSettings, objects: Pick<Objects, 'Service' | 'Namespace'>): MeshSettings {
  return memo.get([settings, objects.Service, objects.Namespace], () => {
    const networks = networksOf(settings, objects)
    return networks === settings.networks ? settings : settled.get([settings, networks], () => ({ ...settings, networks }))
  })
}

function networksOf(settings: MeshSettings, objects: Pick<Objects, 'Service' | 'Namespace'>): Networks {
  const { networks, rootNamespace } = settings
  const root = objects.Namespace.find(({ name }) => name === rootNamespace)
  const home = root?.labels[NETWORK] ?? networks.home
  const before = objects.Service.filter(object => gatewayPorts(object, settings).length > 0)
  if (home === networks.home && before.length === 0) return networks
  const gateways = before.flatMap(object =>
    gatewayPorts(object, settings).flatMap(({ network, port }) =>
      outerAddresses(object).map((address): NetworkGateway => ({ network, address, port })),
    ),
  )
  const now = { ...networks, home, gateways: [...networks.gateways, ...gateways] }
  return known.get([settings, JSON.stringify([home, now.gateways])], () => now)
}

/** The networks that a Service is the way into, and its port for them. */
function gatewayPorts(object: Service, settings: MeshSettings): { network: string; port: number }[] {
  const host = serviceHost(object.name, object.namespace, settings)
  const network = object.labels[NETWORK]
  return [
    ...settings.networks.services.filter(({ hostname }) => hostname === host),
    ...(network ? [{ network, port: Number(object.labels[GATEWAY_PORT]) || DEFAULT_GATEWAY_PORT }] : []),
  ]
}

function outerAddresses({ spec, status }: Service): string[] {
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? [])
  return balanced.length > 0 ? balanced : (spec.externalIPs ?? [])
}
