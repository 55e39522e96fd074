/** BackendTLSPolicy: TLS on the way to a Service, as a traffic rule for it. */
import { GATEWAY_GROUP } from '../../api/gateway/values.ts'
import type { BackendTLSPolicy } from '../../api/registry.ts'
import { IdentityMemo } from '../../lib/identity-memo.ts'
import { compareText } from '../../model/age.ts'
import type { Service } from '../../model/service.ts'
import { type ClientTls, type PolicyBlocks, SIMPLE_TLS, type TrafficRule } from '../../model/traffic-policy.ts'
import { EVERYBODY } from '../../model/visibility.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import { originOf } from '../origin.ts'
import { authorityPem } from './certificate-refs.ts'
import { type AncestorStatus, condition, type ObjectStatus, type Refusal } from './conditions.ts'
import type { BoundRoute } from './route-sets.ts'
import type { World } from './world.ts'

export interface BackendTls {
  readonly object: BackendTLSPolicy
  readonly rule: readonly TrafficRule[]
  readonly status: ObjectStatus
  readonly diagnostics: readonly Diagnostic[]
}

interface Target {
  readonly service: Service
  /** undefined: all ports that no policy names. */
  readonly port: number | undefined
}

const rules = new IdentityMemo<TrafficRule>()

/** The oldest policy of a Service (or port) counts, then the first by name. */
export function resolveBackendTls(world: World, bound: readonly BoundRoute[]): BackendTls[] {
  const taken = new Map<string, BackendTLSPolicy>()
  const ordered = [...world.objects.BackendTLSPolicy].sort(
    (a, b) =>
      (Date.parse(a.creationTimestamp ?? '') || 0) - (Date.parse(b.creationTimestamp ?? '') || 0) ||
      compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`),
  )
  const wins = new Map<Service, { target: Target; object: BackendTLSPolicy; tls: ClientTls | undefined }[]>()
  const results = ordered.map((object): BackendTls => {
    const authority = authorityOf(object, world)
    const { targets, missing } = targetsOf(object, world)
    let refusal = missing ?? authority.unaccepted
    for (const target of missing ? [] : targets) {
      const key = `${target.service.hostname} ${target.port ?? ''}`
      const winner = taken.get(key)
      if (winner)
        refusal ??= {
          reason: 'Conflicted',
          message: `BackendTLSPolicy "${winner.namespace}/${winner.name}" is older and has the same target`,
        }
      else {
        taken.set(key, object)
        const list = wins.get(target.service) ?? []
        list.push({ target, object, tls: authority.tls })
        wins.set(target.service, list)
      }
    }
    const conditions = [
      condition('Accepted', refusal, 'Accepted', 'in force'),
      condition('ResolvedRefs', authority.unresolved, 'ResolvedRefs', 'all references are resolved'),
    ]
    const refs = ancestors(targets, bound)
    const status: ObjectStatus = {
      object,
      ancestors: refs.map((ancestor): AncestorStatus => ({ ...ancestor, conditions })),
    }
    const problem = refusal ?? authority.unresolved
    const diagnostics = problem
      ? [diagnostic(object, ['spec'], { code: problem.reason, level: 'error', message: problem.message })]
      : []
    return { object, rule: [], status, diagnostics }
  })
  return results.map(result => ({
    ...result,
    rule: [...wins].flatMap(([service, list]) => (list[0]?.object === result.object ? [ruleOf(service, list)] : [])),
  }))
}

function targetsOf(object: BackendTLSPolicy, world: World): { targets: Target[]; missing: Refusal | undefined } {
  const targets: Target[] = []
  let missing: Refusal | undefined
  for (const { group, kind, name, sectionName } of object.spec.targetRefs) {
    // A ServiceEntry may name a host of another namespace, whose clients are not this policy's to change.
    const services = hostsOf(group, kind, name, object.namespace, world)
      .flatMap(host => world.service(host) ?? [])
      .filter(({ namespace }) => namespace === object.namespace)
    const found = services.flatMap((service): Target[] => {
      const port = service.ports.find(entry => entry.name === sectionName)
      return sectionName !== undefined && !port ? [] : [{ service, port: port?.number }]
    })
    if (found.length === 0)
      missing ??= {
        reason: 'TargetNotFound',
        message: `there is no ${kind} "${object.namespace}/${name}"${sectionName ? ` with a port "${sectionName}"` : ''}`,
      }
    targets.push(...found)
  }
  return { targets, missing }
}

/** A Service has one host, a ServiceEntry those it names. */
function hostsOf(group: string, kind: string, name: string, namespace: string, world: World): readonly string[] {
  if (group === '' && kind === 'Service') return [world.hostOf(name, namespace)]
  if (group !== 'networking.istio.io' || kind !== 'ServiceEntry') return []
  const entry = world.objects.ServiceEntry.find(object => object.namespace === namespace && object.name === name)
  return entry?.spec.hosts.map(host => host.toLowerCase()) ?? []
}

interface Authority {
  /** undefined: nothing can be checked, so no connection may be made. */
  readonly tls: ClientTls | undefined
  readonly unaccepted: Refusal | undefined
  readonly unresolved: Refusal | undefined
}

function authorityOf({ spec, namespace }: BackendTLSPolicy, world: World): Authority {
  const { validation } = spec
  const names = (validation.subjectAltNames ?? []).flatMap(({ hostname, uri }) => hostname ?? uri ?? [])
  const tls: ClientTls = {
    ...SIMPLE_TLS,
    subjectAltNames: names.length > 0 ? names : [validation.hostname],
    sni: validation.hostname,
    gatewayCertificate: true,
  }
  if (validation.wellKnownCACertificates) {
    if (validation.wellKnownCACertificates === 'System') return { tls, unaccepted: undefined, unresolved: undefined }
    const message = `"${validation.wellKnownCACertificates}" is not known: expected System`
    return { tls: undefined, unaccepted: { reason: 'Invalid', message }, unresolved: undefined }
  }
  let unresolved: Refusal | undefined
  const pems = (validation.caCertificateRefs ?? []).flatMap(({ group, kind, name }) => {
    if (group !== '' || (kind !== 'ConfigMap' && kind !== 'Secret')) {
      unresolved ??= { reason: 'InvalidKind', message: `${kind} "${name}" holds no authorities: expected a ConfigMap or Secret` }
      return []
    }
    const pem = authorityPem(kind, namespace, name, world)
    if (pem === undefined)
      unresolved ??= {
        reason: 'InvalidCACertificateRef',
        message: `${kind} "${namespace}/${name}" does not exist or holds no certificates in its key "ca.crt"`,
      }
    return pem ?? []
  })
  if (pems.length === 0)
    return {
      tls: undefined,
      unaccepted: { reason: 'NoValidCACertificate', message: unresolved?.message ?? 'it names no authority' },
      unresolved,
    }
  return { tls: { ...tls, authority: pems.join('\n') }, unaccepted: undefined, unresolved }
}

/** Without an authority there is nothing that could be trusted: TLS against an empty name fails, and plaintext would be worse. */
const NEVER: ClientTls = { ...SIMPLE_TLS, subjectAltNames: ['invalid.invalid'], sni: 'invalid.invalid' }

function ruleOf(
  service: Service,
  list: readonly { readonly target: Target; readonly object: BackendTLSPolicy; readonly tls: ClientTls | undefined }[],
): TrafficRule {
  const variant = JSON.stringify(list.map(({ target, tls }) => [target.port, tls]))
  return rules.get([service, ...list.map(entry => entry.object), variant], () => {
    const blocks = (tls: ClientTls | undefined): PolicyBlocks => ({
      balancer: undefined,
      pool: undefined,
      outliers: undefined,
      tls: tls ?? NEVER,
    })
    const whole = list.find(({ target }) => target.port === undefined)
    const ports = list.flatMap(({ target, tls }) => (target.port === undefined ? [] : [[target.port, blocks(tls)] as const]))
    const [first] = list
    if (!first) throw new Error(`Cannot make a rule for "${service.hostname}": expected a policy`)
    return {
      name: first.object.name,
      namespace: service.namespace,
      host: service.hostname,
      exportTo: EVERYBODY,
      clients: undefined,
      policy: {
        ...(whole ? blocks(whole.tls) : { balancer: undefined, pool: undefined, outliers: undefined, tls: undefined }),
        ports: new Map(ports),
        tunnel: undefined,
        proxyProtocol: undefined,
        retryBudget: undefined,
      },
      subsets: [],
      created: first.object.creationTimestamp ?? '',
      origin: originOf(first.object),
    }
  })
}

/** The Gateways whose routes lead to the targets, each with the controller of its class. */
function ancestors(targets: readonly Target[], bound: readonly BoundRoute[]): Omit<AncestorStatus, 'conditions'>[] {
  const hosts = new Set(targets.map(({ service }) => service.hostname))
  const found = new Map<string, Omit<AncestorStatus, 'conditions'>>()
  for (const { binding, compiled } of bound) {
    const [first] = binding.listeners
    const destinations = [
      ...compiled.http.flatMap(({ rule }) =>
        rule.action.kind === 'forward'
          ? [...rule.action.destinations, ...rule.action.mirrors.map(mirror => mirror.destination)]
          : [],
      ),
      ...compiled.bytes.flatMap(rule => rule.destinations),
    ]
    if (!first || !destinations.some(({ host }) => hosts.has(host))) continue
    const { namespace, name } = first.listener.gateway
    const ancestorRef = { group: GATEWAY_GROUP, kind: 'Gateway', namespace, name }
    found.set(`${namespace}/${name}`, { ancestorRef, controllerName: binding.controller })
  }
  return [...found.values()]
}
