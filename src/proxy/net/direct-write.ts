/**
 * Writes that go to the kernel without the stream in between: what `socket.write` does inside when nothing waits, less its bookkeeping and the
 * objects that it allocates for each write.
 *
 * Node has no documented way for it. The parts are therefore looked for while the process runs: where a version of Node has other insides, sockets
 * go on to write by the stream, which is slower and nothing else.
 */
import type { Socket } from 'node:net'
import { getSystemErrorName } from 'node:util'
import { giveSlab } from './slab-pool.ts'

/** Node's handle of a connected socket, as far as it is used here. */
interface Handle {
  /** @returns 0, or a negative errno */
  writeBuffer(request: Request, bytes: Uint8Array): number
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number
}

/** By which Node tells how a write ended, if the kernel did not take all of it at once. */
interface Request {
  oncomplete?: (status: number) => void
}

/** Known after the first write by a stream. */
let requestClass: (new () => Request) | undefined

/** @param onWritten hears when something that had to wait has gone out @returns undefined: not in this version of Node, or not yet */
export function directWriter(socket: Socket, encrypted: boolean, onWritten: () => void): DirectWriter | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  if (!isHandle(handle)) return undefined
  if (requestClass !== undefined) return new DirectWriter(socket, handle, encrypted, requestClass, onWritten)
  learnFrom(handle)
  return undefined
}

function isHandle(handle: unknown): handle is Handle {
  return (
    typeof handle === 'object' &&
    handle !== null &&
    typeof Reflect.get(handle, 'writeBuffer') === 'function' &&
    typeof Reflect.get(handle, 'writeQueueSize') === 'number'
  )
}

/** The next write of the stream shows the class of requests. */
function learnFrom(handle: Handle): void {
  const { writeBuffer } = handle
  handle.writeBuffer = (request, bytes) => {
    Reflect.deleteProperty(handle, 'writeBuffer')
    // As checked as it can be: Node has just made one of it.
    requestClass = request.constructor as new () => Request
    return writeBuffer.call(handle, request, bytes)
  }
}

/** The output of one socket: at most one write is under way (more would end the process under TLS), what comes meanwhile waits in order. */
export class DirectWriter {
  /** Bytes that wait or are under way. */
  waiting = 0
  readonly #socket: Socket
  readonly #handle: Handle
  readonly #encrypted: boolean
  readonly #requests: new () => Request
  readonly #onWritten: () => void
  readonly #onComplete: (status: number) => void
  #request: Request
  /** What the write that is under way reads from. */
  #lent: Buffer | undefined
  #lentBytes = 0
  readonly #queue: { readonly slab: Buffer; readonly used: number }[] = []

  constructor(socket: Socket, handle: Handle, encrypted: boolean, requests: new () => Request, onWritten: () => void) {
    this.#socket = socket
    this.#handle = handle
    this.#encrypted = encrypted
    this.#requests = requests
    this.#onWritten = onWritten
    this.#onComplete = status => this.#completed(status)
    this.#request = new requests()
    this.#request.oncomplete = this.#onComplete
  }

  /** Takes the slab, and gives it back when its first `used` bytes have gone out. */
  write(slab: Buffer, used: number): void {
    if (this.#lent !== undefined) {
      this.#queue.push({ slab, used })
      this.waiting += used
      return
    }
    const error = this.#handle.writeBuffer(this.#request, used === slab.length ? slab : slab.subarray(0, used))
    if (error !== 0) {
      this.#fail(error)
    } else if (!this.#encrypted && this.#handle.writeQueueSize === 0) {
      giveSlab(slab)
    } else {
      this.#lent = slab
      this.#lentBytes = used
      this.waiting += used
    }
  }

  #completed(status: number): void {
    if (status < 0) {
      this.#fail(status)
      return
    }
    if (this.#lent !== undefined) giveSlab(this.#lent)
    this.waiting -= this.#lentBytes
    this.#lent = undefined
    // Node ties a request to the write that had to wait: the next one needs its own.
    this.#request = new this.#requests()
    this.#request.oncomplete = this.#onComplete
    while (this.#lent === undefined) {
      const next = this.#queue.shift()
      if (next === undefined) break
      this.waiting -= next.used
      this.write(next.slab, next.used)
    }
    this.#onWritten()
  }

  /** As the stream would: 'error' and 'close' follow. A socket that is closed already says nothing more. */
  #fail(status: number): void {
    const code = getSystemErrorName(status)
    this.#socket.destroy(Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: 'write' }))
  }
}
