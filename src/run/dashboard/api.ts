/**
 * The dashboard's API: questions in URLs, answers in JSON. The table below is all of it. A handler returns what is to be sent, or throws an
 * HttpError; views are made in view/, which knows nothing of HTTP.
 */

import type { Diagnostic } from '../../source/diagnostic.ts'
import { readContents } from '../../source/files/contents.ts'
import { HttpError } from './http-error.ts'
import { untilLive } from './live.ts'
import type { DashboardParts } from './parts.ts'
import { latestError, recentProblems, recentRequests, requestStory } from './requests-api.ts'
import { changesBetween, type WorkloadChange, withFile } from './view/change-preview.ts'
import { configObjects } from './view/config-objects.ts'
import { objectText } from './view/object-text.ts'
import { proxyList } from './view/proxy-list.ts'
import { serviceDetail } from './view/service-detail.ts'
import { type SimulatedRequest, simulate } from './view/simulation.ts'
import { topology } from './view/topology.ts'

export interface Question {
  readonly query: URLSearchParams
  /** Parsed JSON; undefined for GET. */
  readonly body: unknown
  /** Whether who asks may change things. */
  readonly mayChange: boolean
  /** Whether a token would let them. */
  readonly canLogIn: boolean
}

export interface Route {
  readonly method: 'GET' | 'POST'
  /** Needs the token beyond localhost. */
  readonly changes?: true
  /** Tells nothing that is anybody's secret. */
  readonly open?: true
  readonly answer: (parts: DashboardParts, question: Question) => unknown
}

/** An edit, checked. */
export interface EditCheck {
  readonly diagnostics: readonly Diagnostic[]
  /** Problems elsewhere that the edit makes or mends. */
  readonly elsewhere: { readonly appeared: readonly Diagnostic[]; readonly resolved: readonly Diagnostic[] }
  /** null: with errors nothing would change, the last good version keeps serving. */
  readonly changes: readonly WorkloadChange[] | null
}

export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/api/about', { method: 'GET', answer: about }],
  ['/api/topology', { method: 'GET', answer: (parts, { query }) => topology(parts.mesh(), watched(parts), windowOf(query)) }],
  ['/api/service', { method: 'GET', answer: service }],
  ['/api/proxies', { method: 'GET', answer: parts => proxyList(parts.mesh(), parts.ads.status()) }],
  ['/api/live', { method: 'GET', open: true, answer: ({ ads, sync }, { query }) => untilLive(ads, sync, liveLimit(query)) }],
  ['/api/config', { method: 'GET', answer: config }],
  ['/api/config/file', { method: 'GET', answer: configFile }],
  ['/api/config/object', { method: 'GET', answer: configObject }],
  ['/api/config/check', { method: 'POST', answer: checkEdit }],
  ['/api/config/apply', { method: 'POST', changes: true, answer: applyEdit }],
  ['/api/requests', { method: 'GET', answer: (parts, { query }) => recentRequests(parts, query) }],
  ['/api/request', { method: 'GET', answer: (parts, { query }) => requestStory(parts, query) }],
  ['/api/last-error', { method: 'GET', answer: parts => latestError(parts) }],
  ['/api/problems', { method: 'GET', answer: parts => recentProblems(parts) }],
  ['/api/alerts', { method: 'GET', answer: parts => ({ alerts: parts.alerts() }) }],
  ['/prometheus/targets', { method: 'GET', answer: scrapeTargets }],
  ['/api/simulate', { method: 'POST', answer: simulation }],
])

function about(parts: DashboardParts, { mayChange, canLogIn }: Question) {
  const diagnostics = parts.diagnostics()
  return {
    title: parts.title,
    mayChange: mayChange && parts.files !== undefined,
    canLogIn: canLogIn && parts.files !== undefined,
    errors: diagnostics.filter(({ level }) => level === 'error').length,
    warnings: diagnostics.filter(({ level }) => level === 'warning').length,
    namespaces: [...new Set(parts.mesh().services.map(({ namespace }) => namespace))].sort(),
    workloads: [...new Set([...parts.mesh().workloads.values()].map(pod => `${pod.namespace}/${pod.workloadName}`))].sort(),
    status: parts.status() ?? null,
  }
}

const LIVE = { most: 30_000, otherwise: 10_000 }

/** In the query as milliseconds. */
function liveLimit(query: URLSearchParams): number {
  const limit = Number(query.get('timeout') ?? LIVE.otherwise)
  return Number.isFinite(limit) ? Math.min(LIVE.most, Math.max(1, limit)) : LIVE.otherwise
}

/** Whoever asks for traffic wants it fresh. */
function watched({ collector }: DashboardParts) {
  collector.watch()
  return collector.history
}

function service(parts: DashboardParts, { query }: Question) {
  const host = text(query.get('host'), 'host')
  const found = serviceDetail(parts.mesh(), watched(parts), host, windowOf(query), parts.diagnostics(), parts.health())
  if (!found) throw new HttpError(404, `Cannot show "${host}": there is no such service in the mesh`)
  return found
}

function config(parts: DashboardParts) {
  const diagnostics = parts.diagnostics()
  return { files: parts.files?.list() ?? [], objects: configObjects(parts.objects(), diagnostics), diagnostics }
}

function configFile(parts: DashboardParts, { query }: Question) {
  const file = text(query.get('file'), 'file')
  return { ...filesOf(parts).read(file), diagnostics: parts.diagnostics().filter(each => each.file === file) }
}

function configObject(parts: DashboardParts, { query }: Question) {
  const name = text(query.get('object'), 'object')
  const found = objectText(parts.objects(), parts.diagnostics(), name)
  if (!found) throw new HttpError(404, `Cannot show "${name}": there is no such object`)
  return found
}

async function checkEdit(parts: DashboardParts, { body }: Question): Promise<EditCheck> {
  const { file, text: edited } = editOf(body)
  filesOf(parts).read(file)
  const contents = await readContents(file, edited, true)
  const own = contents.documents.flatMap(document => document.diagnostics)
  const isBroken = own.some(({ level }) => level === 'error')
  if (isBroken) return { diagnostics: own, elsewhere: { appeared: [], resolved: [] }, changes: null }
  const now = contents.documents.flatMap(document => document.reading?.object ?? [])
  const mesh = parts.mesh()
  const before = parts.preview(parts.objects())
  const after = parts.preview(withFile(parts.objects(), file, now, parts.live))
  const between = after.diagnostics.filter(each => each.file === file)
  const known = new Set(before.diagnostics.map(identity))
  const still = new Set(after.diagnostics.map(identity))
  return {
    diagnostics: [...own, ...between],
    elsewhere: {
      appeared: after.diagnostics.filter(each => each.file !== file && !known.has(identity(each))),
      resolved: before.diagnostics.filter(each => each.file !== file && !still.has(identity(each))),
    },
    changes: changesBetween(mesh, after.mesh),
  }
}

function identity({ code, file, resource, message }: Diagnostic): string {
  return JSON.stringify([code, file, resource, message])
}

function applyEdit(parts: DashboardParts, { body }: Question) {
  const { file, text: edited, digest } = editOf(body)
  return filesOf(parts).write(file, edited, digest)
}

/** What http_sd_config of Prometheus reads. */
function scrapeTargets({ scrapeTargets: targets }: DashboardParts, { query }: Question) {
  const of = query.get('of')
  if (!targets) throw new HttpError(404, 'Cannot tell targets here: on a cluster Prometheus finds pods by itself')
  if (of !== 'proxies' && of !== 'applications')
    throw new HttpError(400, 'Cannot tell targets: expected ?of=proxies or ?of=applications')
  return targets(of)
}

function filesOf({ files }: DashboardParts) {
  if (!files) throw new HttpError(404, 'Cannot show files: this control plane does not read its configuration from files')
  return files
}

function editOf(body: unknown) {
  const fields = record(body)
  return {
    file: text(fields['file'], 'file'),
    text: text(fields['text'], 'text', true),
    digest: text(fields['digest'] ?? '', 'digest', true),
  }
}

async function simulation(parts: DashboardParts, { body }: Question) {
  const fields = record(body)
  const headers = Array.isArray(fields['headers']) ? fields['headers'] : []
  const request: SimulatedRequest = {
    from: text(fields['from'], 'from'),
    url: text(fields['url'], 'url'),
    method: text(fields['method'] ?? 'GET', 'method'),
    headers: headers.map(pair =>
      Array.isArray(pair) ? ([String(pair[0] ?? ''), String(pair[1] ?? '')] as const) : (['', ''] as const),
    ),
    token: text(fields['token'] ?? '', 'token', true),
  }
  try {
    return await simulate(parts.mesh(), request)
  } catch (error) {
    throw new HttpError(422, error instanceof Error ? error.message : String(error))
  }
}

const WINDOWS = { least: 5, most: 900 }

/** In the query as seconds. @default a minute */
function windowOf(query: URLSearchParams): number {
  const seconds = Number(query.get('seconds') ?? 60)
  return 1000 * Math.min(WINDOWS.most, Math.max(WINDOWS.least, Number.isFinite(seconds) ? seconds : 60))
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new HttpError(400, 'Cannot read the request: expected a JSON object')
}

function text(value: unknown, name: string, mayBeEmpty = false): string {
  if (typeof value === 'string' && (mayBeEmpty || value !== '')) return value
  throw new HttpError(400, `Cannot read the request: expected "${name}" as text`)
}
