/** Free ports, found by asking the kernel for them. */
import net, { type AddressInfo } from 'node:net'

const given = new Set<number>()

/** Ports that were free a moment ago, and that this process has not been given before. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: net.Server[] = []
  const ports: number[] = []
  while (ports.length < count) {
    const server = net.createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
    const { port } = server.address() as AddressInfo
    if (given.has(port)) continue
    given.add(port)
    ports.push(port)
  }
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}
