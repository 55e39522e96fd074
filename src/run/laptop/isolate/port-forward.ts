/** A port of this machine that leads into the pods' network: how an ingress gateway in a namespace of its own is reached. */
import net from 'node:net'

export interface PortForward {
  readonly port: number
  close(): Promise<void>
}

/** @throws when the port cannot be listened on */
export async function forwardPort(
  listen: { host: string; port: number },
  to: { host: string; port: number },
): Promise<PortForward> {
  const open = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const upstream = net.connect({ ...to, allowHalfOpen: true, noDelay: true })
    for (const [from, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.pipe(other)
      from.on('error', () => other.destroy())
      from.on('close', () => {
        open.delete(from)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(listen, resolve)
  })
  return {
    port: listen.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
