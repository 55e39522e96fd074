/**
 * A listening socket. It stays open while listeners with its address come and go; each accepted connection goes to the listener of the moment.
 * An address that is taken is tried again until it is free.
 */
import { unlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Backoff } from '../../lib/backoff.ts'
import { ACCEPT_OPTIONS } from '../net/accept.ts'
import { addressText, type ListenAddress } from './listen-address.ts'

export class ListenSocket {
  readonly address: ListenAddress
  /** Replaced when the listener is. */
  onConnection: (socket: Socket) => void
  /** Why it does not listen. */
  error: string | undefined
  /** Resolves after the first try, whatever came of it. */
  readonly tried: Promise<void>
  readonly #backlog: number
  readonly #onOutcome: (error: string | undefined) => void
  readonly #backoff = new Backoff({ initialMs: 200, maxMs: 10_000 })
  #firstTry: () => void = () => {}
  #server: Server | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false

  /** @param onOutcome called when it listens, and once for each new reason why it does not */
  constructor(
    address: ListenAddress,
    backlog: number,
    onConnection: (socket: Socket) => void,
    onOutcome: (error: string | undefined) => void,
  ) {
    this.address = address
    this.onConnection = onConnection
    this.#backlog = backlog
    this.#onOutcome = onOutcome
    this.tried = new Promise(resolve => {
      this.#firstTry = resolve
    })
  }

  /** The port in use, which differs from the address's when that is 0; 0: none yet. */
  get port(): number {
    const bound = this.#server?.address()
    return typeof bound === 'object' && bound !== null ? bound.port : 0
  }

  open(): void {
    if ('path' in this.address) removeStale(this.address.path, () => this.#listen())
    else this.#listen()
  }

  /** Accepts nothing more; what was accepted goes on. */
  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#server?.close()
    this.#firstTry()
  }

  #listen(): void {
    if (this.#closed) return
    const server = createServer(ACCEPT_OPTIONS, socket => this.onConnection(socket))
    this.#server = server
    server.on('error', (error: Error & { code?: string }) => {
      // While it listens: too many open files, for instance. The next accept may work again.
      if (!server.listening) this.#failed(error)
    })
    server.listen({ ...this.address, backlog: this.#backlog }, () => {
      this.error = undefined
      this.#onOutcome(undefined)
      this.#firstTry()
    })
  }

  #failed(error: Error & { code?: string }): void {
    const reason = `Cannot listen on "${addressText(this.address)}": ${reasonOf(error)}`
    if (reason !== this.error) this.#onOutcome(reason)
    this.error = reason
    this.#firstTry()
    if (!this.#closed) this.#retry = setTimeout(() => this.open(), this.#backoff.next()).unref()
  }
}

function reasonOf(error: Error & { code?: string }): string {
  if (error.code === 'EADDRINUSE') return 'another socket listens there'
  if (error.code === 'EACCES') return 'permission denied, expected a port above 1023 or more rights'
  if (error.code === 'EADDRNOTAVAIL') return 'this machine has no such address'
  return error.message
}

/** A unix socket's file outlives a process that was killed: it is removed when nobody answers there. */
function removeStale(path: string, done: () => void): void {
  const probe = connect({ path })
  probe.once('connect', () => {
    probe.destroy()
    done()
  })
  probe.once('error', () => {
    try {
      unlinkSync(path)
    } catch {
      // It did not exist, or `listen` says why it can't be used.
    }
    done()
  })
}
