/**
 * Is traffic really led to the proxy? Connects as the proxy's user to the pod's own address, at a port where nobody listens; where capture works, the
 * connection arrives at the inbound port. As Istio's istio-validation does.
 */
import { connect, createServer, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'

export interface ValidationOptions {
  /** Where captured connections arrive: 15006. */
  readonly inboundPort: number
  /** Where nobody listens. @default 15002 */
  readonly probePort?: number
  /** Milliseconds until it is given up. @default 5000 */
  readonly timeoutMs?: number
  /** Address of the pod. @default the first that is not loopback */
  readonly address?: string | undefined
  /** Who the proxy runs as; taken on where this process may. @default 1337 */
  readonly user?: number
}

const PROBE_PORT = 15_002
const TIMEOUT_MS = 5000
const AGAIN_MS = 100
/** What Istio's own validation ends with: who watches pods knows it. */
export const VALIDATION_FAILED = 126

/** @throws (rejects) with what is wrong and what to do */
export async function validateCapture(options: ValidationOptions): Promise<void> {
  const { inboundPort, probePort = PROBE_PORT, timeoutMs = TIMEOUT_MS, user = 1337, address = ownAddress() } = options
  if (address === undefined) throw new Error('Cannot validate capture: this pod has no address but loopback')
  const server = createServer(socket => socket.end())
  await listen(server, inboundPort)
  if (process.geteuid?.() === 0) {
    process.setegid?.(user)
    process.seteuid?.(user)
  }
  try {
    const until = performance.now() + timeoutMs
    let reason = ''
    while (performance.now() < until) {
      const arrived = new Promise<undefined>(resolve => server.once('connection', () => resolve(undefined)))
      reason = (await Promise.race([arrived, refusal(address, probePort)])) ?? ''
      if (reason === '') return
      await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
    }
    throw new Error(
      `Cannot start this pod: its traffic is not led to the proxy (a connection to ${address}:${probePort} did not arrive at port ${inboundPort}: ${reason}). Expected rules of the CNI plugin: is it on this node, and was it there before the pod? A new pod may find it.`,
    )
  } finally {
    if (process.getuid?.() === 0) {
      process.seteuid?.(0)
      process.setegid?.(0)
    }
    server.close()
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', error => reject(new Error(`Cannot validate capture: ${error.message}`)))
    server.listen(port, () => resolve())
  })
}

/** Resolves with why the connection failed; one that is established is waited for at the server. */
function refusal(host: string, port: number): Promise<string> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: 1000 })
    socket.on('connect', () => setTimeout(() => resolve('it went elsewhere'), AGAIN_MS))
    socket.on('timeout', () => socket.destroy(new Error('no answer')))
    socket.on('error', error => resolve(error.message))
  })
}

function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return all.find(({ internal, address }) => !internal && !address.startsWith('fe80'))?.address
}
