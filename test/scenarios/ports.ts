/**
 * Free ports below the range from which the kernel takes those of outgoing connections: nobody gets them between being found and being
 * listened on.
 */
import net from 'node:net'

const FIRST = 11_000
const COUNT = 8_000
const given = new Set<number>()

/** Ports that nobody listens on, and that this process has not been given before. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = []
  while (ports.length < count) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    ports.push(port)
  }
  return ports
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = net.createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
