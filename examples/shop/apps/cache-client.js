/**
 * Client of the tiny cache: one connection, one request line at a time. When it is lost, what had no answer is sent again, a few times with a
 * pause: saying SET or GET twice does no harm.
 */
import net from 'node:net'

const TRIES = 5
const PAUSE_MS = 200

export class CacheClient {
  #host
  #port
  #socket
  #buffer = ''
  #waiting = []

  constructor(address) {
    const at = address.lastIndexOf(':')
    this.#host = address.slice(0, at)
    this.#port = Number(address.slice(at + 1))
  }

  async get(key) {
    const answer = await this.#send(`GET ${key}`)
    return answer === 'NONE' ? undefined : decodeURIComponent(answer.slice('VALUE '.length))
  }

  async set(key, value) {
    await this.#send(`SET ${key} ${encodeURIComponent(value)}`)
  }

  #send(line) {
    return new Promise((resolve, reject) => this.#write({ line, resolve, reject, left: TRIES }))
  }

  #write(request) {
    this.#waiting.push(request)
    this.#connected().write(`${request.line}\n`)
  }

  #connected() {
    if (this.#socket) return this.#socket
    const socket = net.connect({ host: this.#host, port: this.#port, noDelay: true })
    socket.setEncoding('utf8')
    socket.on('data', text => {
      this.#buffer += text
      for (let end = this.#buffer.indexOf('\n'); end >= 0; end = this.#buffer.indexOf('\n')) {
        this.#waiting.shift()?.resolve(this.#buffer.slice(0, end))
        this.#buffer = this.#buffer.slice(end + 1)
      }
    })
    const lost = error => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#buffer = ''
      for (const request of this.#waiting.splice(0)) {
        if (request.left > 0) setTimeout(() => this.#write({ ...request, left: request.left - 1 }), PAUSE_MS)
        else request.reject(error ?? new Error('the cache closed the connection'))
      }
    }
    socket.on('error', lost)
    socket.on('close', () => lost())
    this.#socket = socket
    return socket
  }
}
