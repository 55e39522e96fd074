/**
 * Loaded into Node applications before they start (NODE_OPTIONS --require): what a request came in with of its trace goes along with the requests
 * that are made while it is answered, unless the application sends such headers itself. Nothing else is touched, and nothing here may throw.
 *
 * Covered: servers of node:http, node:https and node:http2 (and with it grpc-js); http.request, fetch and undici, and grpc-js as clients. Of connections of
 * bytes the proxy is told (sockets.ts).
 */
import diagnostics from 'node:diagnostics_channel'
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import module from 'node:module'
import { current, within } from './current.ts'
import { patchGrpc } from './grpc.ts'
import { tellOfSockets } from './sockets.ts'

// Before http.request is: it tells of connections by a request of its own.
tellOfSockets()
for (const { Server } of [http, https]) wrapEmit(Server.prototype, 'request', ([request]) => headersOf(request))
for (const name of ['createServer', 'createSecureServer'] as const) {
  const create: CallableFunction = http2[name]
  Reflect.set(http2, name, (...args: unknown[]) => {
    const server: unknown = Reflect.apply(create, http2, args)
    wrapEmit(Object(server), 'stream', ([, headers]) => headers)
    return server
  })
}
for (const client of [http, https]) {
  const original: (...args: never[]) => ClientRequest = client.request
  const request = (...args: never[]) => handOn(Reflect.apply(original, client, args))
  Reflect.set(client, 'request', request)
  // Its own version ends the request, which sends the head, before anybody else sees it.
  Reflect.set(client, 'get', (...args: never[]) => {
    const made = request(...args)
    made.end()
    return made
  })
}
diagnostics.subscribe('undici:request:create', message => {
  const request: unknown = Reflect.get(Object(message), 'request')
  const context = current()
  if (context === undefined || typeof request !== 'object' || request === null) return
  const add: unknown = Reflect.get(request, 'addHeader')
  if (typeof add !== 'function') return
  const present = String(Reflect.get(request, 'headers')).toLowerCase()
  for (const [name, value] of context) if (!present.includes(name)) Reflect.apply(add, request, [name, value])
})
patchGrpc()
// What is imported by name sees the same.
module.syncBuiltinESMExports()

/** Runs what hears of `event` in the context of what came in. */
function wrapEmit(target: object, event: string, headersIn: (args: readonly unknown[]) => unknown): void {
  const emit: unknown = Reflect.get(target, 'emit')
  if (typeof emit !== 'function') return
  const wrapped = function (this: unknown, name: unknown, ...args: unknown[]): unknown {
    const go = () => Reflect.apply(emit, this, [name, ...args])
    return name === event ? within(headersIn(args), go) : go()
  }
  Reflect.defineProperty(target, 'emit', { value: wrapped, writable: true, configurable: true })
}

function headersOf(request: unknown): IncomingMessage['headers'] | undefined {
  return request instanceof http.IncomingMessage ? request.headers : undefined
}

function handOn(request: ClientRequest): ClientRequest {
  const context = current()
  if (context === undefined || request.headersSent) return request
  for (const [name, value] of context) if (!request.hasHeader(name)) request.setHeader(name, value)
  return request
}
