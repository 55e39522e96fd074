/**
 * Random transfers over the codec's two ends on real sockets: 60 streams at once, up to 3 MB each way, windows from 1000 octets up, pauses,
 * trailers and resets. Everything that arrives is checked, and everything that was not reset has to arrive: the hangs of flow control are rare.
 */
import assert from 'node:assert/strict'
import net, { type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { seededRandom } from '../../src/lib/random.ts'
import { HeaderList, type Headers } from '../../src/proxy/http/headers.ts'
import type {
  ClientConnection,
  ClientStream,
  RequestHead,
  ResetReason,
  ResponseHandler,
  ServerStream,
  StreamHandler,
} from '../../src/proxy/http/stream.ts'
import { clientConnection, connected, serverConnection } from '../../src/proxy/http2/connections.testing.ts'

const STREAMS = 60
const LARGEST = 3_000_000
const SOURCE = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 7)) & 255))

/** Sends back what it gets, as fast as it is taken, with its checksum in the trailers. */
class Echo implements StreamHandler {
  readonly #stream: ServerStream
  #sum = 0

  constructor(stream: ServerStream) {
    this.#stream = stream
    stream.respond({ status: 200, headers: new HeaderList(['x-kind', 'echo']) }, false)
  }

  onData(chunk: Buffer, last: boolean): void {
    this.#sum = crc32(chunk, this.#sum)
    if (chunk.length > 0 && !this.#stream.write(chunk, false)) this.#stream.pause()
    if (last) this.#end()
  }

  onTrailers(trailers: Headers): void {
    assert.equal(trailers.get('x-sum'), String(this.#sum))
    this.#end()
  }

  onWritable(): void {
    this.#stream.resume()
  }

  onReset(): void {}

  #end(): void {
    this.#stream.writeTrailers(new HeaderList(['x-sum', String(this.#sum)]))
  }
}

class Transfer implements ResponseHandler {
  readonly done = Promise.withResolvers<string>()
  readonly #random: () => number
  readonly #size: number
  readonly #resetAt: number
  #stream: ClientStream | undefined
  #sent = 0
  #sentSum = 0
  #received = 0
  #receivedSum = 0

  constructor(random: () => number) {
    this.#random = random
    const dice = random()
    this.#size = dice < 0.1 ? 0 : dice < 0.7 ? Math.floor(random() * 50_000) : Math.floor(random() * LARGEST)
    this.#resetAt = random() < 0.15 ? Math.floor(random() * this.#size) : Number.POSITIVE_INFINITY
  }

  start(connection: ClientConnection): void {
    const head: RequestHead = {
      protocol: 'HTTP/2',
      method: 'POST',
      scheme: 'http',
      authority: 'peer',
      path: `/${this.#size}`,
      headers: new HeaderList(['x-size', String(this.#size)]),
      upgrade: undefined,
    }
    this.#stream = connection.open(head, false, this)
    this.#send()
  }

  onInformational(): void {}
  onResponse(): void {}

  onData(chunk: Buffer, last: boolean): void {
    assert.equal(last, false)
    this.#received += chunk.length
    this.#receivedSum = crc32(chunk, this.#receivedSum)
    if (this.#received >= this.#resetAt) {
      this.#stream?.reset('local-reset')
      this.done.resolve('reset')
    } else if (this.#random() < 0.05) {
      this.#stream?.pause()
      setTimeout(() => this.#stream?.resume(), Math.floor(this.#random() * 5))
    }
  }

  onTrailers(trailers: Headers): void {
    try {
      assert.equal(this.#received, this.#size)
      assert.equal(this.#receivedSum, this.#sentSum)
      assert.equal(trailers.get('x-sum'), String(this.#sentSum))
      this.done.resolve('whole')
    } catch (error) {
      this.done.reject(error)
    }
  }

  onReset(reason: ResetReason): void {
    this.done.reject(new Error(`reset: ${reason} after ${this.#received} of ${this.#size} octets`))
  }

  onWritable(): void {
    this.#send()
  }

  #send(): void {
    while (this.#sent < this.#size) {
      const from = Math.floor(this.#random() * 1000)
      const length = Math.min(this.#size - this.#sent, 1 + Math.floor(this.#random() ** 3 * 150_000))
      const chunk = SOURCE.subarray(from, from + length)
      this.#sent += chunk.length
      this.#sentSum = crc32(chunk, this.#sentSum)
      if (!this.#stream?.write(chunk, false)) return
    }
    this.#stream?.writeTrailers(new HeaderList(['x-sum', String(this.#sentSum)]))
  }
}

const seeds = [1, 2, 3, 4, Date.now() % 1_000_000]

for (const seed of seeds)
  test(`random transfers arrive whole (seed ${seed})`, { timeout: 120_000 }, async t => {
    const random = seededRandom(seed)
    const window = () => [1000, 5000, 65_535, 262_144][Math.floor(random() * 4)] ?? 1000
    const windows = () => ({ initialStreamWindowSize: window(), initialConnectionWindowSize: 65_535 + window() })
    const problems: string[] = []
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, socket => {
      serverConnection(
        socket,
        {
          onRequest: (stream, _head, last) => {
            assert.equal(last, false)
            return new Echo(stream)
          },
          onProtocolError: reason => void problems.push(reason),
        },
        windows(),
      )
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    t.after(() => server.close())
    const ready = Promise.withResolvers<void>()
    const connection = clientConnection(
      await connected({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }),
      { onCapacity: () => ready.resolve(), onDraining() {}, onClosed() {} },
      windows(),
    )
    t.after(() => connection.destroy())
    await ready.promise
    const transfers = Array.from({ length: STREAMS }, () => new Transfer(random))
    for (const transfer of transfers) transfer.start(connection)
    const outcomes = await Promise.all(transfers.map(transfer => transfer.done.promise))
    assert.deepEqual(problems, [])
    assert(outcomes.filter(outcome => outcome === 'whole').length > STREAMS / 2)
    t.diagnostic(`${outcomes.filter(outcome => outcome === 'reset').length} of ${STREAMS} were reset`)
  })
