/** The endpoints of ServiceEntries: written into them, or selected among pods and WorkloadEntries. */

import type { WorkloadEntrySpec } from '../api/istio/workloadentry/schema.ts'
import type { ServiceEntry, WorkloadEntry } from '../api/registry.ts'
import { hasLabels, type Labels } from '../model/labels.ts'
import { NOWHERE, parseLocality } from '../model/locality.ts'
import type { Endpoint, Service, ServicePort } from '../model/service.ts'
import type { Workload } from '../model/workload.ts'
import { podEndpoint } from './endpoints.ts'
import { localityOf } from './workload.ts'

/** @param pods and @param entries of the ServiceEntry's namespace */
export function entryEndpoints(
  object: ServiceEntry,
  service: Service,
  pods: readonly Workload[],
  entries: readonly WorkloadEntry[],
): Map<number, Endpoint[]> {
  const { endpoints = [], workloadSelector } = object.spec
  const selector = workloadSelector?.labels ?? {}
  const selectedPods = workloadSelector ? pods.filter(pod => pod.ready && hasLabels(pod.labels, selector)) : []
  const selectedEntries = workloadSelector ? entries.filter(entry => hasLabels(labelsOf(entry), selector)) : []
  return new Map(
    service.ports.map(port => [
      port.number,
      [
        ...endpoints.flatMap(spec => writtenEndpoint(spec, spec.labels ?? {}, port, service) ?? []),
        ...selectedPods.flatMap(pod => podEndpoint(pod, port) ?? []),
        ...selectedEntries.flatMap(entry => {
          const endpoint = writtenEndpoint(entry.spec, labelsOf(entry), port, service)
          return endpoint ? [{ ...endpoint, workloadName: entry.name }] : []
        }),
        ...(endpoints.length === 0 && !workloadSelector ? byName(service, port) : []),
      ],
    ]),
  )
}

/** Labels of the object go before those inside it. */
export function labelsOf(entry: WorkloadEntry): Labels {
  return { ...entry.spec.labels, ...entry.labels }
}

function writtenEndpoint(spec: WorkloadEntrySpec, labels: Labels, port: ServicePort, service: Service): Endpoint | undefined {
  // Without an address of its own it is reached through a gateway of its network.
  if (!spec.address && !spec.network) return undefined
  const { address = '' } = spec
  const unix = address.startsWith('unix:')
  return {
    address,
    port: unix ? 0 : (spec.ports?.[port.name] ?? (typeof port.target === 'number' ? port.target : port.number)),
    labels,
    locality: spec.locality ? parseLocality(spec.locality) : localityOf(labels),
    weight: spec.weight || 1,
    workload: undefined,
    workloadName: labels['app'] ?? '',
    namespace: service.namespace,
    serviceAccount: spec.serviceAccount ?? '',
    network: spec.network ?? '',
    node: '',
  }
}

/** A name to resolve, with nobody said to be behind it, is its own endpoint. */
function byName(service: Service, port: ServicePort): Endpoint[] {
  if (service.resolution !== 'dns' && service.resolution !== 'dns-round-robin') return []
  return [endpointByName(service, service.hostname, typeof port.target === 'number' ? port.target : port.number)]
}

export function endpointByName({ namespace }: Service, address: string, port: number): Endpoint {
  const unknown = { workload: undefined, workloadName: '', serviceAccount: '', network: '', node: '', labels: {} }
  return { address, port, weight: 1, locality: NOWHERE, namespace, ...unknown }
}
