/** Callers as gRPC applications without a proxy: one process each, of @grpc/grpc-js-xds (proxyless-process.ts) or of grpc-go. */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { grpcBootstrap } from '../../src/run/grpc-bootstrap.ts'
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

/** Program and arguments of an application that takes orders. */
export type Application = readonly [program: string, ...args: string[]]

export const GRPC_JS: Application = [process.execPath, path.join(import.meta.dirname, 'proxyless-process.ts')]

/** As its library wants them: without these, some have no mutual TLS and no policies. */
export const GRPC_VARIABLES = { GRPC_XDS_EXPERIMENTAL_SECURITY_SUPPORT: 'true', GRPC_XDS_EXPERIMENTAL_RBAC: 'true' }

export class ProxylessCaller {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly GrpcOutcome[]>>()
  #calls = 0

  /** @param folder for its bootstrap @param port of the control plane, on 127.0.0.1: the application has no identity */
  static async start(pod: string, namespace: string, folder: string, port: number, application = GRPC_JS) {
    const file = path.join(folder, `${pod}.json`)
    const node = {
      id: `sidecar~127.0.0.1~${pod}.${namespace}~${namespace}.svc.cluster.local`,
      cluster: pod,
      metadata: { NAMESPACE: namespace, INSTANCE_IPS: '127.0.0.1' },
    }
    await writeFile(file, grpcBootstrap({ node, server: `dns:///127.0.0.1:${port}`, certificates: undefined }))
    return new ProxylessCaller(application, file)
  }

  /** @param bootstrap file that the application starts from */
  constructor([program, ...args]: Application, bootstrap: string) {
    const child = spawn(program, args, {
      env: { ...process.env, ...GRPC_VARIABLES, GRPC_XDS_BOOTSTRAP: bootstrap },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#child = child
    createInterface({ input: child.stdout }).on('line', line => {
      const answer = JSON.parse(line) as CallAnswer
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
    this.#child.stdin?.write(`${JSON.stringify({ id, call } satisfies CallOrder)}\n`)
    return answer.promise
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise(resolve => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await gone
  }
}
