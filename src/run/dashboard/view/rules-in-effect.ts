/** All that is configured for one service, each with the place where it is written: what to read before one edits. Pure. */
import type { Mesh } from '../../../model/mesh.ts'
import type { Origin } from '../../../model/origin.ts'
import { peerModes } from '../../../model/peer-policy.ts'
import { isFor } from '../../../model/policy-target.ts'
import { limitsFor } from '../../../model/rate-limit.ts'
import { RouteIndex } from '../../../model/route-lookup.ts'
import type { RouteSet } from '../../../model/route-set.ts'
import type { Service } from '../../../model/service.ts'
import type { TrafficRule } from '../../../model/traffic-policy.ts'
import { trafficRuleFor } from '../../../model/traffic-rule-lookup.ts'
import type { Workload } from '../../../model/workload.ts'
import { accessWords, actionWords, limitWords, matchesWords, trafficWords } from './rule-words.ts'

export interface RuleInEffect {
  readonly concern: 'route' | 'traffic' | 'mutual TLS' | 'access' | 'tokens' | 'rate limit'
  /** When it applies: "header x-test-group = "beta"". */
  readonly when: string
  /** What it does, a few words each. */
  readonly does: readonly string[]
  readonly place: Place
}

/** Where something is written. */
export interface Place {
  /** "VirtualService shop/catalog" */
  readonly object: string
  /** "http[1]"; "" */
  readonly rule: string
  /** "": in no file. */
  readonly file: string
  /** 0: not known. */
  readonly line: number
}

export function placeOf({ object, rule, file, line }: Origin): Place {
  return { object, rule, file, line }
}

/** @param pods behind the service */
export function rulesInEffect(mesh: Mesh, service: Service, pods: readonly Workload[]): RuleInEffect[] {
  const [pod] = pods
  return [
    ...routeRules(mesh, service),
    ...trafficRulesOf(mesh, service),
    ...(pod ? securityRules(mesh, pod) : []),
    ...(pod ? limits(mesh, service, pod) : []),
  ]
}

function routeRules(mesh: Mesh, service: Service): RuleInEffect[] {
  const own = new RouteIndex(mesh.routes.filter(set => set.attachments.includes('mesh'))).find(service.hostname)
  const leading = mesh.routes.filter(set => set !== own && leadsTo(set, service))
  return [...(own ? [own] : []), ...leading].flatMap(set => [
    ...set.http
      .filter(
        rule =>
          set === own ||
          (rule.action.kind === 'forward' && rule.action.destinations.some(({ host }) => host === service.hostname)),
      )
      .map(
        (rule): RuleInEffect => ({
          concern: 'route',
          when: `${set === own ? '' : `${set.hosts.join(', ')} at ${set.attachments.join(', ')}: `}${matchesWords(rule.matches)}`,
          does: actionWords(rule),
          place: placeOf(rule.origin),
        }),
      ),
    ...[...set.tcp, ...set.tls].map(
      (rule): RuleInEffect => ({
        concern: 'route',
        when: 'connections',
        does: [`to ${rule.destinations.map(({ host, subset }) => `${host.split('.')[0]} ${subset}`.trim()).join(', ')}`],
        place: placeOf(rule.origin),
      }),
    ),
  ])
}

function leadsTo(set: RouteSet, { hostname }: Service): boolean {
  return set.http.some(({ action }) => action.kind === 'forward' && action.destinations.some(({ host }) => host === hostname))
}

function trafficRulesOf(mesh: Mesh, service: Service): RuleInEffect[] {
  const rule = trafficRuleFor(mesh, { namespace: service.namespace, labels: {} }, service)
  if (!rule) return []
  const written = mesh.trafficRules.filter(({ origin }) => rule.origins.includes(origin) || origin === rule.origin)
  return written.flatMap(each => trafficRule(each))
}

function trafficRule({ policy, subsets, origin }: TrafficRule): RuleInEffect[] {
  const general = policy ? trafficWords(policy) : []
  const ports = [...(policy?.ports ?? [])].map(([port, blocks]) => `port ${port}: ${trafficWords(blocks).join(', ')}`)
  const whole: RuleInEffect[] =
    general.length + ports.length > 0
      ? [{ concern: 'traffic', when: 'every connection', does: [...general, ...ports], place: placeOf(origin) }]
      : []
  return [
    ...whole,
    ...subsets.map(
      (subset): RuleInEffect => ({
        concern: 'traffic',
        when: `subset ${subset.name}`,
        does: [
          `pods with ${
            Object.entries(subset.labels)
              .map(([key, value]) => `${key}=${value}`)
              .join(', ') || 'any labels'
          }`,
          ...(subset.policy ? trafficWords(subset.policy) : []),
        ],
        place: placeOf(subset.origin),
      }),
    ),
  ]
}

function securityRules(mesh: Mesh, pod: Workload): RuleInEffect[] {
  const { rootNamespace } = mesh.settings
  const target = { kind: 'sidecar', namespace: pod.namespace, labels: pod.labels } as const
  const modes = peerModes(mesh.peerPolicies, rootNamespace, pod)
  const exceptions = [...modes.ports].map(([port, mode]) => `port ${port}: ${PEER[mode]}`)
  return [
    { concern: 'mutual TLS', when: 'every connection', does: [PEER[modes.mode], ...exceptions], place: placeOf(modes.origin) },
    ...mesh.accessPolicies
      .filter(policy => isFor(policy, target, rootNamespace))
      .map(
        (policy): RuleInEffect => ({
          concern: 'access',
          when: policy.action,
          does: [accessWords(policy)],
          place: placeOf(policy.origin),
        }),
      ),
    ...mesh.tokenPolicies
      .filter(policy => isFor(policy, target, rootNamespace))
      .map(
        (policy): RuleInEffect => ({
          concern: 'tokens',
          when: 'requests with a token',
          does: policy.rules.map(({ issuer, required }) => `issued by ${issuer || 'anybody'}${required ? ', required' : ''}`),
          place: placeOf(policy.origin),
        }),
      ),
  ]
}

const PEER = {
  strict: 'mutual TLS only: plaintext is refused',
  permissive: 'mutual TLS and plaintext',
  disable: 'plaintext only',
} as const

function limits(mesh: Mesh, service: Service, pod: Workload): RuleInEffect[] {
  return service.ports.flatMap(port => {
    const target = typeof port.target === 'number' ? port.target : (pod.namedPorts.get(port.target) ?? 0)
    const at = { namespace: pod.namespace, labels: pod.labels, services: [{ service, port: port.number }], port: target }
    return limitsFor(mesh.rateLimits, mesh.settings.rootNamespace, at).map(
      (limit): RuleInEffect => ({
        concern: 'rate limit',
        when: matchesWords(limit.matches),
        does: [limitWords(limit)],
        place: placeOf(limit.origin),
      }),
    )
  })
}
