/** What the mesh makes of one pod or one service: who leads to it, by which rules, who may call it, and what is wrong. Pure. */
import { isSubset } from '../../model/host.ts'
import { selects } from '../../model/labels.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { Origin } from '../../model/origin.ts'
import { peerModeOf, peerModes } from '../../model/peer-policy.ts'
import { isFor } from '../../model/policy-target.ts'
import { type Service, serviceKey } from '../../model/service.ts'
import type { Workload } from '../../model/workload.ts'
import type { Diagnostic } from '../../source/diagnostic.ts'
import { proxyOfWorkload } from '../proxies.ts'

const RULE = '--------------------'

/** Lines for a terminal, in the form of istioctl's. */
export function describePod(mesh: Mesh, pod: Workload, found: readonly Diagnostic[]): string {
  const { kind } = proxyOfWorkload(mesh, pod)
  const services = mesh.services.filter(
    service => service.namespace === pod.namespace && service.selector !== undefined && selects(service.selector, pod.labels),
  )
  const target = { kind, namespace: pod.namespace, labels: pod.labels }
  const root = mesh.settings.rootNamespace
  const policies = mesh.accessPolicies.filter(policy => isFor(policy, target, root))
  const tokens = mesh.tokenPolicies.filter(policy => isFor(policy, target, root))
  const modes = peerModes(mesh.peerPolicies, root, pod)
  const ports = [...modes.ports].map(([port, mode]) => `   port ${port}: ${mode.toUpperCase()}`)
  const filters = mesh.envoyFilters.filter(filter => filter.namespace === pod.namespace || filter.namespace === root)
  return lines([
    `Pod: ${pod.name}.${pod.namespace}`,
    `   Service account: ${pod.serviceAccount}`,
    `   Addresses: ${pod.addresses.join(', ') || 'none yet'}${pod.ready ? '' : ' (not ready)'}`,
    ...(services.length === 0 ? [RULE, 'No Service selects it: nobody calls it by a name of the mesh'] : []),
    ...services.flatMap(service => [RULE, ...serviceLines(mesh, service, pod)]),
    RULE,
    'Effective PeerAuthentication:',
    `   Workload mTLS mode: ${modes.mode.toUpperCase()} (${nameOf(modes.origin)})`,
    ...ports,
    ...named(
      'Applied AuthorizationPolicy',
      policies.map(({ origin, action }) => `${nameOf(origin)} (${action})`),
    ),
    ...named(
      'Applied RequestAuthentication',
      tokens.map(({ origin }) => nameOf(origin)),
    ),
    ...named(
      'EnvoyFilters that may patch it',
      filters.map(({ namespace, name }) => `${namespace}/${name}`),
    ),
    ...problems(
      found,
      services,
      [...policies, ...tokens].map(({ origin }) => origin.object),
    ),
  ])
}

export function describeService(mesh: Mesh, service: Service, found: readonly Diagnostic[]): string {
  return lines([...serviceLines(mesh, service, undefined), ...problems(found, [service], [])])
}

function serviceLines(mesh: Mesh, service: Service, pod: Workload | undefined): string[] {
  const routes = mesh.routes.filter(({ hosts }) => hosts.some(host => isSubset(service.hostname, host)))
  const traffic = mesh.trafficRules.filter(({ host }) => isSubset(service.hostname, host))
  const endpoints = mesh.endpoints.get(serviceKey(service))
  return [
    `Service: ${service.name}.${service.namespace}`,
    ...service.ports.map(port => {
      const target = typeof port.target === 'number' ? port.target : pod?.namedPorts.get(port.target)
      const ready = endpoints?.get(port.number)?.length ?? 0
      const mode = pod && typeof target === 'number' ? modeOf(mesh, pod, target) : ''
      const name = port.name === '' ? '' : `${port.name} `
      return `   Port: ${name}${port.number}/${port.protocol.toUpperCase()} targets pod port ${port.target}, ${ready} endpoint${ready === 1 ? '' : 's'}${mode}`
    }),
    ...traffic.flatMap(rule => [
      `DestinationRule: ${nameOf(rule.origin)} for "${rule.host}"`,
      ...(rule.subsets.length === 0
        ? ['   No subsets defined']
        : rule.subsets.map(({ name, labels }) => {
            const matches = pod !== undefined && selects(labels, pod.labels)
            return `   ${pod ? (matches ? 'Matching' : 'Non-matching') : 'Subset'}: ${name} (${Object.entries(labels)
              .map(entry => entry.join('='))
              .join(', ')})`
          })),
    ]),
    ...routes.flatMap(route => {
      const count = route.http.length + route.tls.length + route.tcp.length
      // A listener's own name follows on the Gateway's.
      const gateways = new Set(route.attachments.flatMap(each => (each.includes('/') ? each.split('~', 1) : [])))
      return [
        `Route: ${nameOf(route.origin)}, ${count} rule${count === 1 ? '' : 's'}`,
        ...(gateways.size > 0 ? [`   Exposed by: ${[...gateways].join(', ')}`] : []),
      ]
    }),
    ...(routes.length === 0 ? ['No rule routes it: requests go to all of its endpoints'] : []),
  ]
}

function modeOf(mesh: Mesh, pod: Workload, port: number): string {
  const mode = peerModeOf(peerModes(mesh.peerPolicies, mesh.settings.rootNamespace, pod), port)
  return mode === 'permissive' ? '' : `, mTLS ${mode.toUpperCase()}`
}

function named(title: string, entries: readonly string[]): string[] {
  return entries.length === 0 ? [] : [RULE, `${title}:`, ...entries.map(entry => `   ${entry}`)]
}

/** Of the objects that were named, and of those that speak of the services. */
function problems(found: readonly Diagnostic[], services: readonly Service[], objects: readonly string[]): string[] {
  const about = found.filter(
    ({ resource, message, level }) =>
      level !== 'info' && (objects.includes(resource) || services.some(service => message.includes(service.hostname))),
  )
  return about.length === 0
    ? []
    : [RULE, ...about.map(({ level, message, resource }) => `${level.toUpperCase()}: ${message} (${resource})`)]
}

function nameOf({ object, file, line }: Origin): string {
  return line > 0 ? `${object} (${file}:${line})` : object
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`
}
