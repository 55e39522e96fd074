/**
 * The application of these tests: says who it is, calls others when asked to, and misbehaves on command, or always when FAILS is set. HTTP on $PORT, or an echo over
 * TCP when PROTOCOL says so.
 */
import http from 'node:http'
import net from 'node:net'

const { PORT = '8080', HOST = '0.0.0.0', HOSTNAME = '', VERSION = '', PROTOCOL = 'http', FAILS = '' } = process.env
const me = `${HOSTNAME} ${VERSION}`

const routes = {
  '/crash': (_query, response) => {
    response.end('bye\n')
    setTimeout(() => process.exit(3), 20)
  },
  '/env': (query, response) => response.end(process.env[query.get('name')] ?? ''),
  // Node's fetch tunnels through a proxy (CONNECT), http.get sends it the whole URL.
  '/fetch': async (query, response) => {
    const answer = await fetch(query.get('url'), { headers: { 'x-group': query.get('group') ?? '' } })
    response.writeHead(answer.status).end(await answer.text())
  },
  '/get': (query, response) => {
    http
      .get(query.get('url'), answer => {
        response.writeHead(answer.statusCode)
        answer.pipe(response)
      })
      .on('error', error => response.writeHead(599).end(error.message))
  },
  '/tcp': (query, response) => {
    const [host, port] = (query.get('to') ?? process.env.ECHO_ADDR).split(':')
    const socket = net.connect(Number(port), host, () => socket.end('ping\n'))
    socket.on('data', chunk => response.write(chunk))
    socket.on('end', () => response.end())
    socket.on('error', error => response.writeHead(599).end(error.message))
  },
}

async function serve(request, response) {
  const url = new URL(request.url, 'http://me')
  try {
    const route = routes[url.pathname]
    if (FAILS) response.writeHead(500).end(`${me} fails\n`)
    else if (route) await route(url.searchParams, response)
    else response.end(`${me} ${request.url}\n`)
  } catch (error) {
    response.writeHead(599).end(String(error.cause ?? error))
  }
}

const server =
  PROTOCOL === 'tcp'
    ? net.createServer(socket => socket.on('data', chunk => socket.end(`${me} ${chunk}`)))
    : http.createServer(serve)
server.listen(Number(PORT), HOST, () => console.log(`listening on ${PORT}`))
process.on('SIGTERM', () => process.exit(0))
