/**
 * The thread in which a module of a TypeScriptFilter runs. It holds nothing of the proxy: whatever happens here, the proxy has its copy of the
 * request and can go on, or end this thread.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Filter, FilterContext, FilterRequest, FilterResponse } from './api.ts'
import {
  type Change,
  type Fields,
  type FromModule,
  HOOKS,
  type ModuleSettings,
  type Question,
  type ToModule,
} from './messages.ts'

interface Kept {
  readonly request: FilterRequest
  readonly context: FilterContext
  response: FilterResponse | undefined
}

const port = parentPort
if (port === null) throw new Error('Cannot run a filter module: this is not a thread of the proxy')
const say = (message: FromModule) => port.postMessage(message)
const settings: ModuleSettings = workerData
const moduleUrl = `data:text/javascript;base64,${Buffer.from(settings.source).toString('base64')}`
Error.stackTraceLimit = 4
const requests = new Map<number, Kept>()
/** As the spawning side sees to it, nothing is asked before the module is ready. */
let filter: Filter = {}

port.on('message', (message: ToModule) => {
  if (message.kind === 'ping') say({ kind: 'pong', id: message.id })
  else if (message.kind === 'over') requests.delete(message.request)
  else void answer(message)
})

try {
  // Node loads its Fetch API when it is first used: better now than in the time of a request.
  new Response(null, { headers: new Headers() }).headers.forEach(() => {})
  filter = usable(await import(moduleUrl))
  say({ kind: 'ready', hooks: HOOKS.filter(hook => filter[hook] !== undefined) })
} catch (error) {
  say({ kind: 'unusable', reason: reasonOf(error) })
}

/** @throws naming what the module should have exported */
function usable(module: { readonly default?: unknown }): Filter {
  const { default: exported } = module
  if (typeof exported !== 'object' || exported === null)
    throw new Error(`the module has no default export, expected an object with hooks (${HOOKS.join(', ')})`)
  for (const [name, value] of Object.entries(exported)) {
    if (!HOOKS.some(hook => hook === name)) throw new Error(`"${name}" is not a hook, expected one of ${HOOKS.join(', ')}`)
    if (typeof value !== 'function') throw new Error(`"${name}" is not a function`)
  }
  return exported
}

async function answer(question: Question): Promise<void> {
  try {
    const change = question.side === 'request' ? await onRequest(question) : await onResponse(question)
    say({ kind: 'done', id: question.id, change })
  } catch (error) {
    say({ kind: 'threw', id: question.id, reason: reasonOf(error) })
  }
}

async function onRequest({ request: id, opening, begins, body, trailers }: Question): Promise<Change | undefined> {
  const { request, context } = keep(id, opening)
  const before = { method: request.method, authority: request.authority, path: request.path, headers: valuesOf(request.headers) }
  if (begins) {
    const answered = await filter.onRequest?.(request, context)
    if (answered !== undefined) return { answer: await plain(answered) }
  }
  const bodyNow = body && (await filter.onRequestBody?.(buffer(body), request, context))
  if (bodyNow instanceof Response) return { answer: await plain(bodyNow) }
  return {
    ...(request.method !== before.method && { method: text('method', request.method) }),
    ...(request.authority !== before.authority && { authority: text('authority', request.authority) }),
    ...(request.path !== before.path && { path: text('path', request.path) }),
    ...changed(before.headers, request.headers),
    ...(bodyNow !== undefined && { body: bytes(bodyNow) }),
    ...(await trailersAfter(trailers, fields => filter.onRequestTrailers?.(fields, request, context))),
  }
}

async function onResponse({
  request: id,
  opening,
  begins,
  response: head,
  body,
  trailers,
}: Question): Promise<Change | undefined> {
  const kept = keep(id, opening)
  const { request, context } = kept
  if (head !== undefined && kept.response === undefined) kept.response = { status: head.status, headers: headersOf(head.headers) }
  const { response } = kept
  if (response === undefined) throw new Error('the response was never seen')
  const before = { status: response.status, headers: valuesOf(response.headers) }
  if (begins) {
    const answered = await filter.onResponse?.(response, request, context)
    if (answered !== undefined) return { answer: await plain(answered) }
  }
  const bodyNow = body && (await filter.onResponseBody?.(buffer(body), response, request, context))
  if (bodyNow instanceof Response) return { answer: await plain(bodyNow) }
  return {
    ...(response.status !== before.status && { status: response.status }),
    ...changed(before.headers, response.headers),
    ...(bodyNow !== undefined && { body: bytes(bodyNow) }),
    ...(await trailersAfter(trailers, fields => filter.onResponseTrailers?.(fields, response, request, context))),
  }
}

function keep(id: number, opening: Question['opening']): Kept {
  const before = requests.get(id)
  if (before !== undefined) return before
  if (opening === undefined) throw new Error('the request was never seen')
  const { method, scheme, authority, path, headers, address, identity } = opening
  const kept: Kept = {
    request: { method, scheme, authority, path, headers: headersOf(headers) },
    context: {
      config: settings.config,
      name: settings.name,
      client: { address, identity },
      state: {},
      log: message => say({ kind: 'log', message: String(message) }),
    },
    response: undefined,
  }
  requests.set(id, kept)
  return kept
}

function headersOf(fields: Fields): Headers {
  const headers = new Headers()
  for (const [name, value] of fields) headers.append(name, value)
  return headers
}

/** Values by name; set-cookie is the one field that must not be joined. */
function valuesOf(headers: Headers): Map<string, readonly string[]> {
  const values = new Map<string, readonly string[]>()
  for (const [name, value] of headers) values.set(name, name === 'set-cookie' ? headers.getSetCookie() : [value])
  return values
}

function changed(before: ReadonlyMap<string, readonly string[]>, headers: Headers): Pick<Change, 'headers'> {
  const after = valuesOf(headers)
  const fields = new Set([...before.keys(), ...after.keys()])
  const differing = [...fields]
    .filter(name => String(before.get(name)) !== String(after.get(name)))
    .map((name): [string, readonly string[]] => [name, after.get(name) ?? []])
  return differing.length === 0 ? {} : { headers: differing }
}

async function trailersAfter(
  fields: Fields | undefined,
  hook: (trailers: Headers) => unknown,
): Promise<Pick<Change, 'trailers'>> {
  if (fields === undefined) return {}
  const trailers = headersOf(fields)
  const before = valuesOf(trailers)
  await hook(trailers)
  const { headers } = changed(before, trailers)
  return headers === undefined ? {} : { trailers: headers }
}

async function plain(answered: unknown): Promise<NonNullable<Change['answer']>> {
  if (!(answered instanceof Response)) throw new Error('the hook returned neither nothing nor a Response')
  const body = new Uint8Array(await answered.arrayBuffer())
  const cookies = answered.headers.getSetCookie().map((value): [string, string] => ['set-cookie', value])
  const headers = [...answered.headers].filter(([name]) => name !== 'set-cookie')
  return { status: answered.status, headers: [...headers, ...cookies], body }
}

function buffer(body: Uint8Array): Buffer {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

function bytes(body: unknown): Uint8Array {
  if (typeof body === 'string') return Buffer.from(body)
  if (body instanceof Uint8Array) return body
  throw new Error('the hook returned neither nothing, a string, bytes nor a Response')
}

function text(field: string, value: unknown): string {
  // A head goes out as these bytes: nothing in it may end a line.
  if (typeof value !== 'string' || value === '' || /[\0-\x20\x7f-\uffff]/.test(value))
    throw new Error(`the hook set ${field} to ${JSON.stringify(value)}, expected visible ASCII characters`)
  return value
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  // The module's own lines are told by its name; those of this file help nobody.
  const lines = text.replaceAll(moduleUrl, settings.name).split('\n')
  return lines
    .filter(line => !line.startsWith('    at ') || line.includes(settings.name))
    .map(line => line.trim())
    .join(' ')
}
