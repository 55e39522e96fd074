/**
 * The admin endpoint's pages, by path, as Envoy has them.
 */
import { statsJson, statsPrometheus, statsText } from '../telemetry/render-stats.ts'
import { fullName, type Stat } from '../telemetry/stats.ts'
import { TAP_HELP, TAP_PATH } from './tap.ts'
import type { AdminView } from './view.ts'

export interface AdminRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
}

export interface AdminResponse {
  readonly status: number
  readonly type: string
  readonly body: string
}

interface Page {
  readonly help: string
  /** Changes something: POST only, as in Envoy. */
  readonly changes?: boolean
  readonly show: (view: AdminView, request: AdminRequest) => AdminResponse | Promise<AdminResponse>
}

const JSON_FORMAT = 'json'

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ['/', { help: 'This page', show: () => html(index()) }],
  ['/certs', { help: 'Certificates in use', show: async view => json(await view.certificates()) }],
  [
    '/clusters',
    {
      help: 'Upstream clusters and their hosts (?format=json)',
      show: (view, { query }) => (query.get('format') === JSON_FORMAT ? json(view.clusters.json()) : text(view.clusters.text())),
    },
  ],
  ['/config_dump', { help: 'Configuration in use (?resource= ?name_regex= ?include_eds)', show: configDump }],
  [
    '/denials',
    {
      help: 'The last requests that access rules denied, and why (?id=X-REQUEST-ID)',
      show: (view, { query }) => json({ denials: view.denials.list(query.get('id') ?? undefined) }),
    },
  ],
  [
    '/drain_listeners',
    {
      help: 'Stop accepting (?graceful: let connections end first)',
      changes: true,
      show: (view, { query }) => {
        view.drainListeners(query.has('graceful'))
        return ok()
      },
    },
  ],
  [
    '/healthcheck/fail',
    { help: 'Say to clients that this proxy is going away', changes: true, show: view => done(() => view.failHealthCheck(true)) },
  ],
  ['/healthcheck/ok', { help: 'Take that back', changes: true, show: view => done(() => view.failHealthCheck(false)) }],
  ['/help', { help: 'This list as text', show: () => text(help()) }],
  ['/hot_restart_version', { help: 'Always "disabled"', show: () => text('disabled') }],
  [
    '/listeners',
    {
      help: 'Listeners and their addresses (?format=json)',
      show: (view, { query }) =>
        query.get('format') === JSON_FORMAT ? json(view.listeners.json()) : text(view.listeners.text()),
    },
  ],
  ['/logging', { help: 'The log level (?level=debug sets it)', changes: true, show: logging }],
  ['/memory', { help: 'Memory in use, in bytes', show: () => json(process.memoryUsage()) }],
  ['/quitquitquit', { help: 'End the process', changes: true, show: view => done(() => view.quit()) }],
  [
    '/ready',
    {
      help: 'Whether the process serves',
      show: ({ state }) => ({ ...text(`${state}\n`), status: state === 'LIVE' ? 200 : 503 }),
    },
  ],
  [
    '/reset_counters',
    {
      help: 'Not done here: counters only grow',
      changes: true,
      show: () => ({ ...text('Cannot reset counters: they only grow\n'), status: 501 }),
    },
  ],
  [
    '/requests',
    {
      help: 'Requests that are over, as JSON (?since=SEQ ?failed ?id=X-REQUEST-ID ?limit=N), oldest first',
      show: requests,
    },
  ],
  ['/runtime', { help: 'Runtime values: none', show: () => json({ layers: [], entries: {} }) }],
  ['/server_info', { help: 'Version, state, uptime, node', show: view => json(view.serverInfo()) }],
  ['/stats', { help: 'Statistics (?filter= ?usedonly ?type= ?format=json|prometheus)', show: stats }],
  [
    '/stats/prometheus',
    { help: 'Statistics for Prometheus', show: (view, request) => prometheus(selected(view, request), view) },
  ],
  [
    '/trace_notes',
    {
      help: 'In which traces connections are used (?note=PORT TRACEPARENT MILLISECONDS, any number of them)',
      changes: true,
      show: (view, { query }) =>
        done(() => {
          for (const note of query.getAll('note')) view.connectionNotes.put(note)
        }),
    },
  ],
  [TAP_PATH, { help: TAP_HELP, show: () => ({ ...text('Only as a stream\n'), status: 500 }) }],
])

export async function answer(view: AdminView, request: AdminRequest): Promise<AdminResponse> {
  const page = PAGES.get(request.path)
  if (page === undefined) return { ...text(`invalid path. admin commands are:\n${help()}`), status: 404 }
  if (page.changes && request.method !== 'POST')
    return { ...text(`Method ${request.method} not allowed, POST required.`), status: 405 }
  try {
    return await page.show(view, request)
  } catch (error) {
    return { ...text(`Cannot show "${request.path}": ${error instanceof Error ? error.message : String(error)}\n`), status: 500 }
  }
}

function stats(view: AdminView, request: AdminRequest): AdminResponse {
  const format = request.query.get('format')
  const found = selected(view, request)
  if (format === 'prometheus') return prometheus(found, view)
  return format === JSON_FORMAT ? json(statsJson(found)) : text(statsText(found))
}

function selected(view: AdminView, { query }: AdminRequest): Stat[] {
  const pattern = query.get('filter')
  const filter = pattern === null ? undefined : new RegExp(pattern)
  const usedOnly = query.has('usedonly')
  return view.stats
    .read()
    .filter(stat => filter?.test(fullName(stat)) ?? true)
    .filter(({ value }) => !usedOnly || (typeof value === 'number' ? value : value.count) > 0)
}

function requests({ recorder }: AdminView, { query }: AdminRequest): AdminResponse {
  const [since, limit] = [numberOf(query, 'since', 0), numberOf(query, 'limit', Infinity)]
  const id = query.get('id')
  const onlyFailed = query.has('failed') && query.get('failed') !== 'false'
  const found = recorder.list(since, story => (!onlyFailed || story.failed) && (id === null || story.id === id))
  return json({ ...found, requests: limit === Infinity ? found.requests : found.requests.slice(-limit) })
}

function numberOf(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name)
  if (text === null) return otherwise
  if (!/^\d+$/.test(text)) throw new Error(`${name} "${text}", expected a number`)
  return Number(text)
}

function prometheus(found: readonly Stat[], { metrics }: AdminView): AdminResponse {
  return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics.render() + statsPrometheus(found) }
}

async function configDump(view: AdminView, { query }: AdminRequest): Promise<AdminResponse> {
  const resource = query.get('resource') ?? undefined
  const pattern = query.get('name_regex')
  const dump = await view.configDump({
    resource,
    includeEndpoints: query.has('include_eds'),
    name: pattern === null ? undefined : new RegExp(pattern),
  })
  return dump === undefined ? { ...text(`${resource} not found in config dump`), status: 404 } : json(dump)
}

function logging(view: AdminView, { query }: AdminRequest): AdminResponse {
  const level = query.get('level')
  if (level !== null && !view.setLogLevel(level))
    return { ...text(`Cannot set log level: "${level}", expected debug, info, warning, error, critical or off\n`), status: 400 }
  return text(`active loggers:\n  mizzen: ${view.logLevel}\n`)
}

function done(action: () => void): AdminResponse {
  action()
  return ok()
}

function ok(): AdminResponse {
  return text('OK\n')
}

function text(body: string): AdminResponse {
  return { status: 200, type: 'text/plain; charset=UTF-8', body }
}

function html(body: string): AdminResponse {
  return { status: 200, type: 'text/html; charset=UTF-8', body }
}

function json(value: unknown): AdminResponse {
  return { status: 200, type: 'application/json', body: `${JSON.stringify(value, undefined, 1)}\n` }
}

function help(): string {
  let lines = ''
  for (const [path, page] of PAGES) lines += `  ${path}${page.changes ? ' (POST)' : ''}: ${page.help}\n`
  return lines
}

function index(): string {
  let rows = ''
  for (const [path, page] of PAGES) {
    const link = page.changes
      ? `<form method="post" action="${path}"><button>${path}</button></form>`
      : `<a href="${path}">${path}</a>`
    rows += `<tr><td>${link}</td><td>${page.help}</td></tr>\n`
  }
  return `<!doctype html><meta charset="utf-8"><title>mizzen proxy</title>
<style>body{font:16px system-ui;margin:2rem}td{padding:.2rem 1rem .2rem 0}form{margin:0}</style>
<h1>mizzen proxy</h1>
<table>
${rows}</table>
`
}
