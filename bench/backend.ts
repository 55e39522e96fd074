/** The cheapest server that answers 200 with a body of BYTES: what it costs must not hide what the proxy costs. Prints its port. */
import net, { type AddressInfo } from 'node:net'

const bytes = Number(process.argv[2] ?? 1024)
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nserver: backend\r\ncontent-type: text/plain\r\ncontent-length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`,
)
const server = net.createServer({ noDelay: true }, socket => {
  let tail = ''
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    // Only GETs come here, so every blank line ends a request.
    const text = tail + chunk.toString('latin1')
    const ends = text.split('\r\n\r\n')
    tail = ends.pop() ?? ''
    for (let i = 0; i < ends.length; i++) socket.write(answer)
  })
})
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
process.on('SIGTERM', () => process.exit(0))
