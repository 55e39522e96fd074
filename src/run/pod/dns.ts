/**
 * DNS of a pod whose questions are captured (ISTIO_META_DNS_CAPTURE): passes them on to the servers of resolv.conf, by UDP and by TCP. It does not know
 * the mesh's own names yet, which is said at the start.
 */
import { connect, createServer, type Server } from 'node:net'
import type { Log } from '../../proxy/context.ts'
import { serveDns } from '../laptop/isolate/dns/server.ts'

const DNS = 53
const LOOPBACK = '127.0.0.1'

/** @param servers of resolv.conf, IPv4 @throws (rejects) when the port is taken @returns ends it */
export async function passDnsOn(port: number, servers: readonly string[], log: Log): Promise<() => void> {
  log(
    'warning',
    'dns',
    'DNS capture passes questions on to the servers of resolv.conf; names of ServiceEntries are not answered yet',
  )
  const udp = await serveDns(LOOPBACK, port, () => undefined, [...servers])
  const tcp = await passTcpOn(udp.port, servers[0])
  return () => {
    udp.close()
    tcp.close()
  }
}

function passTcpOn(port: number, upstream: string | undefined): Promise<Server> {
  const server = createServer(client => {
    const far = upstream === undefined ? undefined : connect({ host: upstream, port: DNS })
    const end = () => {
      client.destroy()
      far?.destroy()
    }
    client.on('error', end)
    if (far === undefined) return end()
    far.on('error', end)
    client.pipe(far)
    far.pipe(client)
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, LOOPBACK, () => resolve(server))
  })
}
