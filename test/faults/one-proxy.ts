/** One proxy process of mizzen with a static bootstrap before one upstream, for peers that misbehave on either side. */
import { once } from 'node:events'
import net, { type AddressInfo, type Server, type Socket } from 'node:net'
import { bootstrap, cluster, connectionManager, listener } from '../proxy/bootstrap.ts'
import { type Engine, startEngine } from '../proxy/engine.ts'
import { exchange, request } from '../proxy/exchange.ts'

export interface Upstream extends AsyncDisposable {
  readonly port: number
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>
}

/** Raw TCP: what a misbehaving application does is the test's choice. */
export async function startUpstream(onConnection: (socket: Socket) => void): Promise<Upstream> {
  const sockets = new Set<Socket>()
  const server: Server = net.createServer({ allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

export const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Calls `onHead` with each request's head; bodies are not understood. */
export function onHeads(socket: Socket, onHead: (head: string) => void): void {
  let received = ''
  socket.on('data', bytes => {
    received += bytes.toString('latin1')
    for (let at = received.indexOf('\r\n\r\n'); at >= 0; at = received.indexOf('\r\n\r\n')) {
      onHead(received.slice(0, at))
      received = received.slice(at + 4)
    }
  })
}

/** /bad goes to the upstream of the test, everything else to one that answers "ok". */
export async function startProxy(upstream: Upstream, good: Upstream, flags: readonly string[] = []): Promise<Engine> {
  return startEngine(
    'mizzen',
    1,
    ([port = 0], admin) =>
      bootstrap(
        admin,
        [
          listener(
            'http',
            port,
            connectionManager(
              [
                { match: { prefix: '/bad' }, route: { cluster: 'bad', timeout: '0s' } },
                { match: { prefix: '/' }, route: { cluster: 'good' } },
              ],
              { requestHeadersTimeout: '0.4s' },
            ),
          ),
        ],
        [cluster('bad', [upstream.port]), cluster('good', [good.port])],
      ),
    flags,
  )
}

export function startGood(): Promise<Upstream> {
  return startUpstream(socket => onHeads(socket, () => socket.write(OK)))
}

/** Others are served as if nothing had happened. */
export async function serves(port: number): Promise<boolean> {
  const answer = await exchange(port, request('GET', '/good'))
  return answer.status === 200 && answer.body === 'ok'
}
