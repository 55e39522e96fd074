/**
 * Connections of bytes (databases, caches, queues): when one is written to while a request is being answered, the proxy beside the application is told which
 * connection, by its port, and in which trace. The bytes stay as they are.
 */
import http from 'node:http'
import net from 'node:net'
import { current, type TraceHeaders } from './current.ts'

/** Where the proxy hears of it: the URL of its admin endpoint. Without it nothing is told. */
const NOTES = 'MIZZEN_TRACE_NOTES'
/** Notes of one moment travel together. */
const GATHER_MS = 5
const MOST_AT_ONCE = 64

interface Written {
  /** Not of HTTP's own connections: their requests carry the context themselves. */
  readonly told: boolean
  context: TraceHeaders | undefined
}

export function tellOfSockets(): void {
  const address = process.env[NOTES]
  if (address === undefined) return
  const sockets = new WeakMap<net.Socket, Written>()
  const tell = teller(address)
  const write: unknown = Reflect.get(net.Socket.prototype, 'write')
  if (typeof write !== 'function') return
  const wrapped = function (this: net.Socket, ...args: unknown[]): unknown {
    const context = current()
    if (context !== undefined) note(this, context)
    return Reflect.apply(write, this, args)
  }
  Reflect.defineProperty(net.Socket.prototype, 'write', { value: wrapped, writable: true, configurable: true })

  function note(socket: net.Socket, context: TraceHeaders): void {
    let written = sockets.get(socket)
    if (written === undefined) {
      written = { told: isOfBytes(socket), context: undefined }
      sockets.set(socket, written)
    }
    if (!written.told || written.context === context) return
    written.context = context
    const traceparent = traceparentOf(context)
    if (traceparent === undefined) return
    const at = Date.now()
    if (socket.localPort !== undefined) tell(`${socket.localPort} ${traceparent} ${at}`)
    else socket.once('connect', () => tell(`${socket.localPort} ${traceparent} ${at}`))
  }
}

/** Neither accepted by a server, nor one on which node:http or undici speaks. */
function isOfBytes(socket: net.Socket): boolean {
  if (Reflect.get(socket, 'server') || Reflect.get(socket, '_httpMessage') || Reflect.get(socket, 'parser')) return false
  return !Object.getOwnPropertySymbols(socket).some(({ description }) => description === 'parser')
}

function traceparentOf(context: TraceHeaders): string | undefined {
  const value = (wanted: string) => context.find(([name]) => name === wanted)?.[1]
  const given = value('traceparent')
  if (given !== undefined) return given
  const [trace, span] = [value('x-b3-traceid'), value('x-b3-spanid')]
  if (trace === undefined || span === undefined) return undefined
  return `00-${trace.padStart(32, '0')}-${span}-${value('x-b3-sampled') === '0' ? '00' : '01'}`
}

/** @returns gathers notes for a moment; a proxy that does not want them is left alone from then on */
function teller(address: string): (note: string) => void {
  // As it was before anybody hands on anything: what is told of traces is no part of them.
  const { request } = http
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  let waiting: string[] = []
  let wanted = true
  const send = () => {
    const query = waiting.map(note => `note=${encodeURIComponent(note)}`).join('&')
    waiting = []
    const telling = request(`${address}/trace_notes?${query}`, { method: 'POST', agent }, response => {
      if (response.statusCode !== 200) wanted = false
      response.resume()
    })
    telling.on('error', () => {})
    telling.on('socket', socket => socket.unref())
    telling.end()
  }
  return note => {
    if (!wanted || waiting.length >= MOST_AT_ONCE) return
    waiting.push(note)
    if (waiting.length === 1) setTimeout(send, GATHER_MS).unref()
  }
}
