/** The callers of the topology as gRPC applications without a proxy: one process each (proxyless-process.ts). */
import { type ChildProcess, fork } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { GrpcOutcome } from './grpc-call.ts'
import type { GrpcCall } from './scenario.ts'

export interface CallOrder {
  readonly id: number
  readonly call: GrpcCall
}

export interface CallAnswer {
  readonly id: number
  readonly outcomes: readonly GrpcOutcome[]
}

const program = path.join(import.meta.dirname, 'proxyless-process.ts')

export class ProxylessCaller {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly GrpcOutcome[]>>()
  #calls = 0

  /** @param folder for its bootstrap @param port of the control plane, on 127.0.0.1 */
  static async start(pod: string, namespace: string, folder: string, port: number): Promise<ProxylessCaller> {
    const file = path.join(folder, `${pod}.json`)
    await writeFile(file, JSON.stringify(bootstrap(pod, namespace, port)))
    return new ProxylessCaller(fork(program, { env: { ...process.env, GRPC_XDS_BOOTSTRAP: file } }))
  }

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: CallAnswer) => {
      this.#waiting.get(answer.id)?.resolve(answer.outcomes)
      this.#waiting.delete(answer.id)
    })
    child.on('exit', code => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`The gRPC application ended with ${code} during a call`))
    })
  }

  call(call: GrpcCall): Promise<readonly GrpcOutcome[]> {
    const id = ++this.#calls
    const answer = Promise.withResolvers<readonly GrpcOutcome[]>()
    this.#waiting.set(id, answer)
    this.#child.send({ id, call } satisfies CallOrder)
    return answer.promise
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}

/** As Istio's agent writes it, over TCP instead of its unix socket. */
function bootstrap(pod: string, namespace: string, port: number) {
  return {
    xds_servers: [{ server_uri: `127.0.0.1:${port}`, channel_creds: [{ type: 'insecure' }], server_features: ['xds_v3'] }],
    node: {
      id: `sidecar~127.0.0.1~${pod}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: pod,
      locality: {}, // grpc-js refuses a node without
      metadata: { GENERATOR: 'grpc', NAMESPACE: namespace, INSTANCE_IPS: '127.0.0.1' },
    },
    server_listener_resource_name_template: 'xds.istio.io/grpc/lds/inbound/%s',
  }
}
