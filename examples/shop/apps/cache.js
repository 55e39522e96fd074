/** A tiny key-value cache over plain TCP. One line a request: "SET key value" -> "OK", "GET key" -> "VALUE value" or "NONE". */
import net from 'node:net'

const values = new Map()

function answer(line) {
  const [command, key, value] = line.trim().split(' ')
  if (command === 'SET' && key !== undefined) {
    values.set(key, value ?? '')
    return 'OK'
  }
  if (command === 'GET') return values.has(key) ? `VALUE ${values.get(key)}` : 'NONE'
  return 'ERROR expected "GET key" or "SET key value"'
}

const server = net.createServer({ noDelay: true }, socket => {
  let buffer = ''
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', text => {
    buffer += text
    for (let end = buffer.indexOf('\n'); end >= 0; end = buffer.indexOf('\n')) {
      socket.write(`${answer(buffer.slice(0, end))}\n`)
      buffer = buffer.slice(end + 1)
    }
    if (buffer.length > 1_000_000) socket.destroy()
  })
})
const port = Number(process.env.PORT ?? 6400)
server.listen(port, process.env.HOST ?? '0.0.0.0', () => console.log(`listening on port ${port} (TCP)`))
process.on('SIGTERM', () => process.exit(0))
