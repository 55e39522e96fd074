/**
 * Runs inside a network namespace of a test. `listen NAME:PORT...` answers each connection with that name; `connect UID HOST PORT` prints the
 * answer, as that user.
 */
import { connect, createServer } from 'node:net'

const [what, ...rest] = process.argv.slice(2)
if (what === 'listen') {
  for (const each of rest) {
    const [name = '', port] = each.split(':')
    createServer(socket => {
      socket.on('error', () => {})
      socket.end(name)
    }).listen({ port: Number(port), host: '::' }, () => process.stdout.write(`${name}\n`))
  }
} else {
  const [user, host = '', port] = rest
  process.setegid?.(Number(user))
  process.seteuid?.(Number(user))
  const socket = connect({ host, port: Number(port), timeout: 1500 })
  socket.on('timeout', () => socket.destroy(new Error('timeout')))
  socket.on('error', (error: Error & { code?: string }) => process.stdout.write(error.code ?? error.message))
  socket.pipe(process.stdout)
}
