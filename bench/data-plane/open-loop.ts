/**
 * Requests at a fixed rate, whether or not earlier ones were answered: latency counts from when a request was due, so a proxy that stalls cannot
 * hide the requests that it kept from being sent (coordinated omission).
 *
 * usage: node bench/data-plane/open-loop.ts PORT REQUESTS_PER_SECOND SECONDS HOST PATH   (prints {p50, p99, p999} in milliseconds)
 */
import net from 'node:net'

const [port = '', rate = '', seconds = '', host = '', path = '/'] = process.argv.slice(2)
const total = Number(rate) * Number(seconds)
const intervalMs = 1000 / Number(rate)
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\nuser-agent: bench\r\naccept: */*\r\n\r\n`)
const latencies: number[] = []
const idle: Connection[] = []
let sent = 0

/** One request at a time. */
class Connection {
  readonly #socket: net.Socket
  #dueMs = 0
  #missing = -1
  #head = ''

  constructor() {
    this.#socket = net.connect({ host: '127.0.0.1', port: Number(port), noDelay: true })
    this.#socket.on('data', bytes => this.#read(bytes))
    this.#socket.on('error', error => {
      throw error
    })
  }

  ask(dueMs: number): void {
    this.#dueMs = dueMs
    this.#missing = -1
    this.#head = ''
    this.#socket.write(request)
  }

  #read(bytes: Buffer): void {
    if (this.#missing < 0) {
      this.#head += bytes.toString('latin1')
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!this.#head.startsWith('HTTP/1.1 200')) throw new Error(`expected 200, got ${this.#head.slice(0, end)}`)
      this.#missing = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1]) - (this.#head.length - end - 4)
    } else this.#missing -= bytes.length
    if (this.#missing > 0) return
    latencies.push(performance.now() - this.#dueMs)
    idle.push(this)
    if (latencies.length === total) report()
  }
}

// Compiled code and open connections first.
for (let i = 0; i < 64; i++) idle.push(new Connection())
const started = performance.now() + 300
const timer = setInterval(() => {
  const now = performance.now()
  for (; sent < total && started + sent * intervalMs <= now; sent++)
    (idle.pop() ?? new Connection()).ask(started + sent * intervalMs)
  if (sent === total) clearInterval(timer)
}, 1)

function report(): void {
  // The clock of the sender ticks once a millisecond: what is left is the same for every proxy.
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  console.log(JSON.stringify({ p50: at(0.5), p99: at(0.99), p999: at(0.999) }))
  process.exit(0)
}
