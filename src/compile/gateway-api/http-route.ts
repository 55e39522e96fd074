/** HTTPRoute and GRPCRoute as rules of the model: one for each match. */
import type { HttpRouteFilter } from '../../api/gateway/httproute/filters.ts'
import type { HttpBackendRef, HttpRouteRule } from '../../api/gateway/httproute/schema.ts'
import type { Path } from '../../api/object.ts'
import type { GRPCRoute, HTTPRoute } from '../../api/registry.ts'
import {
  type DirectResponse,
  type Forward,
  type HttpDestination,
  type HttpRule,
  type Mirror,
  NO_HEADER_CHANGES,
  type Redirect,
} from '../../model/http-rule.ts'
import { type Diagnostic, diagnostic } from '../diagnostic.ts'
import { milliseconds } from '../duration.ts'
import { originOf } from '../origin.ts'
import { type Backend, backendOf } from './backends.ts'
import type { CompiledRoute, RankedRule } from './compiled-route.ts'
import type { Refusal } from './conditions.ts'
import { corsOf, headerChanges, mirrorPercent, redirectOf, rewriteOf } from './http-filters.ts'
import { grpcMatch, httpMatch, prefixOf, type RankedMatch } from './http-matches.ts'
import { retryOf } from './http-retry.ts'
import { sessionOf } from './http-session.ts'
import { httpNotYet } from './not-yet.ts'
import type { World } from './world.ts'

/** A rule of either kind, with what their data planes need to know. */
interface AnyRule {
  readonly spec: HttpRouteRule
  readonly matches: readonly RankedMatch[]
  readonly path: Path
  readonly prefix: string
  /** What a caller gets where nothing can be reached: gRPC clients read 503 as UNAVAILABLE. */
  readonly failure: 500 | 503
}

export function compileHttpRoute(route: HTTPRoute | GRPCRoute, forMesh: boolean, world: World): CompiledRoute {
  const diagnostics: Diagnostic[] = []
  const unresolved: Refusal[] = []
  const broken: Refusal[] = []
  const rules = rulesOf(route)
  const http = rules.flatMap((rule): RankedRule[] => {
    const { spec, path } = rule
    const backend = (ref: HttpBackendRef, at: Path) => {
      const found = backendOf(ref, at, route, forMesh, world)
      if (found.refusal?.reason) unresolved.push(found.refusal)
      if (found.refusal) diagnostics.push(unusable(route, found, rule.failure))
      return found
    }
    // First, for the last reference counts and where requests go matters more than where copies go.
    const mirrors = mirrorsOf(spec, path, (ref, at) => backend(ref, at))
    const backends = (spec.backendRefs ?? []).map((ref, i) => ({ ref, backend: backend(ref, [...path, 'backendRefs', i]) }))
    const extension = unusableFilter(spec)
    if (extension) {
      const refusal = unknownFilter(extension)
      broken.push(refusal)
      diagnostics.push(diagnostic(route, path, { code: refusal.reason, level: 'error', message: refusal.message }))
    }
    const action = extension ? answer(500) : actionOf(rule, backends, mirrors)
    diagnostics.push(...httpNotYet(route, spec, path))
    const session = sessionOf(spec.sessionPersistence)
    return rule.matches.map(({ match, rank }, i) => ({
      route,
      rank,
      rule: {
        name: spec.name ?? `${route.namespace}.${route.name}.${path[2]}`,
        matches: [match],
        action,
        headers: headerChanges(ownFilters(spec)),
        fault: undefined,
        cors: corsFilter(spec),
        ...(session && { session }),
        origin: originOf(route, spec.matches ? [...path, 'matches', i] : path),
      } satisfies HttpRule,
    }))
  })
  // A filter is a reference too, and the one whose requests fail for certain.
  return { route, http, bytes: [], unresolved: broken[0] ?? unresolved.at(-1), diagnostics }
}

function rulesOf(route: HTTPRoute | GRPCRoute): AnyRule[] {
  if (route.kind === 'HTTPRoute') {
    return (route.spec.rules ?? [{}]).map((spec, i) => ({
      spec,
      matches: (spec.matches?.length ? spec.matches : [{}]).map(httpMatch),
      path: ['spec', 'rules', i],
      prefix: prefixOf(spec.matches?.[0]),
      failure: 500,
    }))
  }
  return (route.spec.rules ?? []).map(({ matches, ...spec }, i) => ({
    spec,
    matches: (matches?.length ? matches : [{}]).map(grpcMatch),
    path: ['spec', 'rules', i],
    prefix: '/',
    failure: 503,
  }))
}

/** Filters of the only backend act for the whole rule. */
function ownFilters({ filters = [], backendRefs = [] }: HttpRouteRule): readonly HttpRouteFilter[] {
  return backendRefs.length === 1
    ? [...filters, ...(backendRefs[0]?.filters ?? []).filter(({ type }) => !HEADERS.has(type))]
    : filters
}

const HEADERS: ReadonlySet<string> = new Set(['RequestHeaderModifier', 'ResponseHeaderModifier'])

function corsFilter(spec: HttpRouteRule) {
  const cors = ownFilters(spec).find(filter => filter.cors)?.cors
  return cors && corsOf(cors)
}

/** A request must not get past a filter that nobody knows, or that cannot be had for one backend among several. */
function unusableFilter({ filters = [], backendRefs = [] }: HttpRouteRule): HttpRouteFilter | undefined {
  const ofBackends = backendRefs.flatMap(ref => ref.filters ?? [])
  return (
    [...filters, ...ofBackends].find(({ type }) => type === 'ExtensionRef' || type === 'ExternalAuth') ??
    (backendRefs.length > 1 ? ofBackends.find(({ type }) => !HEADERS.has(type)) : undefined)
  )
}

function unknownFilter({ type, extensionRef }: HttpRouteFilter): Refusal {
  const known = type !== 'ExtensionRef' && type !== 'ExternalAuth'
  const what = extensionRef ? `${type} ${extensionRef.kind} "${extensionRef.name}"` : type
  const where = known ? ' of one backend among several' : ''
  return { reason: 'InvalidFilter', message: `filter ${what}${where} is not supported: requests of its rule get 500` }
}

interface RuleBackend {
  readonly ref: HttpBackendRef
  readonly backend: Backend
}

function actionOf(
  { spec, prefix, failure }: AnyRule,
  backends: readonly RuleBackend[],
  mirrors: readonly Mirror[],
): Forward | Redirect | DirectResponse {
  const filters = ownFilters(spec)
  const redirect = filters.find(filter => filter.requestRedirect)?.requestRedirect
  if (redirect) return redirectOf(redirect, prefix)
  const shares = backends.filter(({ ref }) => ref.weight !== 0)
  if (shares.every(({ backend }) => backend.refusal)) return answer(failure)
  return {
    kind: 'forward',
    destinations: shares.map(share => destinationOf(share, failure)),
    rewrite: rewriteOf(
      filters.find(filter => filter.urlRewrite),
      prefix,
    ),
    mirrors,
    timeoutMs: milliseconds(spec.timeouts?.request) ?? 0,
    retry: retryOf(spec),
  }
}

function destinationOf({ ref, backend }: RuleBackend, failure: 500 | 503): HttpDestination {
  const filters = ref.filters ?? []
  return {
    ...backend.destination,
    weight: ref.weight ?? 1,
    headers: filters.length > 0 ? headerChanges(filters) : NO_HEADER_CHANGES,
    ...(backend.refusal ? { refused: failure } : {}),
  }
}

/** A mirror that leads nowhere is left out; the request itself is not affected. */
function mirrorsOf(spec: HttpRouteRule, path: Path, resolve: (ref: HttpBackendRef, at: Path) => Backend): Mirror[] {
  const mirrors = (spec.filters ?? []).flatMap((filter, i) =>
    filter.requestMirror ? [{ mirror: filter.requestMirror, at: [...path, 'filters', i, 'requestMirror', 'backendRef'] }] : [],
  )
  const [only, ...others] = spec.backendRefs ?? []
  if (only && others.length === 0)
    for (const [i, { requestMirror }] of (only.filters ?? []).entries())
      if (requestMirror)
        mirrors.push({ mirror: requestMirror, at: [...path, 'backendRefs', 0, 'filters', i, 'requestMirror', 'backendRef'] })
  return mirrors.flatMap(({ mirror, at }): Mirror[] => {
    const { destination, refusal } = resolve(mirror.backendRef, at)
    return refusal ? [] : [{ destination, percent: mirrorPercent(mirror) }]
  })
}

function answer(status: number): DirectResponse {
  return { kind: 'direct-response', status, body: undefined }
}

function unusable(route: HTTPRoute | GRPCRoute, { path, refusal }: Backend, failure: number): Diagnostic {
  const mirrored = path.includes('requestMirror')
  return diagnostic(route, [...path, 'name'], {
    code: 'IST0101',
    level: 'error',
    message: refusal?.message ?? '',
    effect: mirrored
      ? 'nothing is mirrored'
      : failure === 503
        ? 'its share of the calls gets UNAVAILABLE'
        : 'its share of the requests gets 500',
  })
}
