/**
 * Which service accounts stand behind each service: whose certificates its clients are to accept. Workloads that are not ready count too, so
 * that a restart of the last one changes nothing for clients.
 */
import { IdentityMemo, remembering } from '../lib/identity-memo.ts'
import { hasLabels, type Labels } from './labels.ts'
import type { Mesh } from './mesh.ts'
import { type Service, type ServiceEndpoints, serviceKey } from './service.ts'
import type { Workload } from './workload.ts'

/** By serviceKey(): "namespace/name" of the accounts, sorted. The same object as long as no service's accounts change. */
export type ServiceAccounts = ReadonlyMap<string, readonly string[]>

type Parts = Pick<Mesh, 'services' | 'endpoints' | 'workloads'>

export function serviceAccounts({ services, endpoints, workloads }: Parts): ServiceAccounts {
  return memo.get([services, endpoints, workloads], () => {
    const found = new Map(services.map(service => [serviceKey(service), accountsOf(service, endpoints, workloads)] as const))
    return settle(services, found)
  })
}

const memo = new IdentityMemo<ServiceAccounts>()
const lasts = new WeakMap<readonly Service[], ServiceAccounts>()

/** The accounts of before, if they are the same. */
function settle(services: readonly Service[], now: ServiceAccounts): ServiceAccounts {
  const before = lasts.get(services)
  if (before && isSame(before, now)) return before
  lasts.set(services, now)
  return now
}

function isSame(before: ServiceAccounts, now: ServiceAccounts): boolean {
  for (const [key, accounts] of now) {
    const old = before.get(key)
    if (old !== accounts && old?.join() !== accounts.join()) return false
  }
  return true
}

function accountsOf(
  { selector, namespace, hostname }: Service,
  endpoints: Mesh['endpoints'],
  workloads: Mesh['workloads'],
): readonly string[] {
  const ready = endpointAccounts(endpoints.get(serviceKey({ namespace, hostname })) ?? NONE)
  const label = selector && firstLabel(selector)
  if (!selector || !label) return ready
  const candidates = byLabel(workloads).get(labelKey(namespace, ...label)) ?? []
  const all = new Set(ready)
  for (const { labels, serviceAccount } of candidates) if (hasLabels(labels, selector)) all.add(`${namespace}/${serviceAccount}`)
  return all.size === ready.length ? ready : [...all].sort()
}

function firstLabel(labels: Labels): [string, string] | undefined {
  for (const name in labels) return [name, labels[name] ?? '']
  return undefined
}

const NONE: ServiceEndpoints = new Map()

const endpointAccounts = remembering((endpoints: ServiceEndpoints): readonly string[] => {
  const found = new Set<string>()
  for (const list of endpoints.values())
    for (const { namespace, serviceAccount } of list) if (serviceAccount) found.add(`${namespace}/${serviceAccount}`)
  return [...found].sort()
})

const byLabel = remembering((workloads: ReadonlyMap<string, Workload>) => {
  const found = new Map<string, Workload[]>()
  for (const workload of workloads.values()) {
    for (const [name, value] of Object.entries(workload.labels)) {
      const key = labelKey(workload.namespace, name, value)
      const list = found.get(key)
      if (list) list.push(workload)
      else found.set(key, [workload])
    }
  }
  return found
})

function labelKey(namespace: string, name: string, value: string): string {
  return `${namespace}\n${name}\n${value}`
}
