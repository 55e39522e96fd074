/**
 * The cheapest server that answers 200 with as many bytes as the path says ("GET /1024"): what it costs must not hide what the proxy costs.
 * Prints its port.
 */
import net, { type AddressInfo } from 'node:net'

/** What is written at once; a longer body waits until the socket wants more. */
const PIECE = Buffer.alloc(256 * 1024, 'x')
const answers = new Map<number, Buffer>()

const server = net.createServer({ noDelay: true }, socket => {
  let tail = ''
  /** Of long bodies. */
  let owed = 0
  const stream = () => {
    while (owed > 0) {
      const count = Math.min(owed, PIECE.length)
      owed -= count
      if (!socket.write(PIECE.subarray(0, count))) return
    }
  }
  socket.on('error', () => socket.destroy())
  socket.on('drain', stream)
  socket.on('data', chunk => {
    // Only GETs come here, so every blank line ends a request.
    const text = tail + chunk.toString('latin1')
    const requests = text.split('\r\n\r\n')
    tail = requests.pop() ?? ''
    for (const request of requests) {
      const bytes = Number(/^GET \/(\d+)/.exec(request)?.[1] ?? 0)
      if (bytes <= PIECE.length) socket.write(answer(bytes))
      else {
        socket.write(head(bytes))
        owed += bytes
        stream()
      }
    }
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.on('SIGTERM', () => process.exit(0))

function answer(bytes: number): Buffer {
  const known = answers.get(bytes)
  if (known) return known
  const made = Buffer.concat([Buffer.from(head(bytes)), PIECE.subarray(0, bytes)])
  answers.set(bytes, made)
  return made
}

function head(bytes: number): string {
  return `HTTP/1.1 200 OK\r\nserver: backend\r\ncontent-type: text/plain\r\ncontent-length: ${bytes}\r\n\r\n`
}
