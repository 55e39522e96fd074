/** A port of a pod as a port of this machine, through the API server, as kubectl port-forward does. */
import { type AddressInfo, createServer } from 'node:net'
import { Writable } from 'node:stream'
import type { KubeconfigOptions } from './kubeconfig.ts'

export interface PodPort {
  readonly namespace: string
  readonly pod: string
  readonly port: number
}

export interface Forwarding {
  /** On 127.0.0.1. */
  readonly port: number
  close(): void
}

/** @param local 0: any that is free @throws (rejects) when the local port is taken, or there is no such cluster */
export async function forwardPort(target: PodPort, kubeconfig: KubeconfigOptions, local = 0): Promise<Forwarding> {
  const [{ KubeConfig }, { PortForward }] = await Promise.all([
    import('@kubernetes/client-node/dist/config.js'),
    import('@kubernetes/client-node/dist/portforward.js'),
  ])
  const config = new KubeConfig()
  if (kubeconfig.file === undefined) config.loadFromDefault()
  else config.loadFromFile(kubeconfig.file)
  if (kubeconfig.context !== undefined) config.setCurrentContext(kubeconfig.context)
  const forward = new PortForward(config)
  const server = createServer(socket => {
    socket.on('error', () => {})
    // What the kubelet cannot reach it says there, and the connection then ends; the first message is empty.
    const problem = new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (chunk.length > 0) socket.destroy()
        done()
      },
    })
    forward
      .portForward(target.namespace, target.pod, [target.port], socket, problem, socket)
      .then(connection => {
        if (typeof connection !== 'function') {
          socket.on('close', () => connection.close())
          connection.on('close', () => socket.end())
        }
      })
      .catch(() => socket.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(local, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    close() {
      server.close()
    },
  }
}
