/** Rules of an Ingress by host, in the order in which Kubernetes lets them count: exact paths, then the longer prefix. */
import type { IngressBackend, IngressPath } from '../../api/kubernetes/ingress/schema.ts'
import type { Path } from '../../api/object.ts'
import type { Ingress } from '../../api/registry.ts'
import {
  ANY_REQUEST,
  type DirectResponse,
  type Forward,
  type HttpRule,
  NO_HEADER_CHANGES,
  type PathMatch,
} from '../../model/http-rule.ts'
import type { Service } from '../../model/service.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import { originOf } from '../origin.ts'

export interface IngressRules {
  readonly hosts: ReadonlyMap<string, readonly HttpRule[]>
  readonly diagnostics: readonly Diagnostic[]
}

interface Candidate {
  readonly uri: PathMatch | undefined
  readonly rule: HttpRule
}

export type ServiceByName = (name: string) => Service | undefined

/** Of a host that stands in several rules all paths count. A default backend takes what no rule takes, of every host. */
export function ingressRules(object: Ingress, services: ServiceByName): IngressRules {
  const diagnostics: Diagnostic[] = []
  const hosts = new Map<string, Candidate[]>()
  const rule = (backend: IngressBackend, uri: PathMatch | undefined, path: Path): Candidate => {
    const { action, problem } = actionOf(backend, services)
    if (problem) {
      const effect = 'its requests get 503'
      diagnostics.push(diagnostic(object, path, { code: 'IST0101', level: 'error', message: problem, effect }))
    }
    return { uri, rule: ruleOf(object, uri, action, path) }
  }
  for (const [i, { host, http }] of (object.spec.rules ?? []).entries()) {
    const list = hosts.get(host?.toLowerCase() || '*') ?? []
    hosts.set(host?.toLowerCase() || '*', list)
    for (const [j, entry] of (http?.paths ?? []).entries())
      list.push(rule(entry.backend, pathOf(entry), ['spec', 'rules', i, 'http', 'paths', j]))
  }
  const { defaultBackend } = object.spec
  if (defaultBackend) {
    const last = rule(defaultBackend, undefined, ['spec', 'defaultBackend'])
    for (const list of hosts.values()) list.push(last)
    if (!hosts.has('*')) hosts.set('*', [last])
  }
  return { hosts: new Map([...hosts].map(([host, list]) => [host, list.sort(byPath).map(entry => entry.rule)])), diagnostics }
}

/** What it should mean is the implementation's choice: ".*" or "/*" at the end makes a prefix, as with Istio. */
function pathOf({ path = '/', pathType }: IngressPath): PathMatch | undefined {
  if (pathType === 'Prefix') {
    const prefix = path.replace(/\/+$/, '')
    return prefix === '' ? undefined : { kind: 'segments', value: prefix }
  }
  if (pathType === 'Exact') return { kind: 'exact', value: path }
  const open = /^(.*?)(?:\.\*|(?<=\/)\*)$/.exec(path)
  if (open) return { kind: 'prefix', value: open[1] || '/' }
  return path === '/' ? undefined : { kind: 'exact', value: path }
}

function byPath({ uri: a }: Candidate, { uri: b }: Candidate): number {
  return kindRank(b) - kindRank(a) || length(b) - length(a)
}

function kindRank(uri: PathMatch | undefined): number {
  return uri === undefined ? 0 : uri.kind === 'exact' ? 2 : 1
}

function length(uri: PathMatch | undefined): number {
  return uri && 'value' in uri ? uri.value.length : 0
}

function ruleOf(object: Ingress, uri: PathMatch | undefined, action: HttpRule['action'], path: Path): HttpRule {
  return {
    name: '',
    matches: uri ? [{ ...ANY_REQUEST, uri }] : [],
    action,
    headers: NO_HEADER_CHANGES,
    fault: undefined,
    cors: undefined,
    origin: originOf(object, path),
  }
}

const UNAVAILABLE: DirectResponse = { kind: 'direct-response', status: 503, body: undefined }

function actionOf(
  { service: ref, resource }: IngressBackend,
  services: ServiceByName,
): { action: Forward | DirectResponse; problem?: string } {
  if (!ref)
    return {
      action: UNAVAILABLE,
      problem: `backend ${resource?.kind ?? ''} "${resource?.name ?? ''}" is not supported: expected a Service`,
    }
  const service = services(ref.name)
  if (!service) return { action: UNAVAILABLE, problem: `there is no Service "${ref.name}" in the namespace of the Ingress` }
  const { name, number } = ref.port ?? {}
  const port = number ?? service.ports.find(entry => entry.name === name)?.number
  if (port === undefined) return { action: UNAVAILABLE, problem: `Service "${ref.name}" has no port "${name}"` }
  const destination = { host: service.hostname, subset: '', port, weight: 1, headers: NO_HEADER_CHANGES }
  return {
    action: { kind: 'forward', destinations: [destination], rewrite: undefined, mirrors: [], timeoutMs: 0, retry: undefined },
  }
}
