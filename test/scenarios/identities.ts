/** Identities of the topology's pods, given as `mizzen up` gives them: an authority, a token a pod, and what its proxy is started with. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { systemClock } from '../../src/lib/clock.ts'
import type { ControlPlane } from '../../src/run/control-plane.ts'
import { describedPod } from '../../src/run/trust/described-pod.ts'
import { Trust } from '../../src/run/trust/trust.ts'

/** Of one pod. */
export interface IdentityFiles {
  /** What the agent, or mizzen's proxy itself, is told (identity/workload/agent-config.ts). */
  readonly identity: string
  /** Sockets between an agent and its Envoy. */
  readonly xdsSocket: string
  readonly sdsSocket: string
}

export interface Workload {
  readonly namespace: string
  readonly pod: string
  readonly serviceAccount: string
}

const TOKEN_MS = 3_600_000
const TRUST_DOMAIN = 'cluster.local'

export class Identities {
  readonly trust: Trust
  readonly #folder: string

  private constructor(trust: Trust, folder: string) {
    this.trust = trust
    this.#folder = folder
  }

  static async open(folder: string, controlPlane: ControlPlane): Promise<Identities> {
    const directory = path.join(folder, 'authority')
    mkdirSync(directory, { mode: 0o700 })
    const trust = await Trust.open({
      directory,
      clock: systemClock,
      trustDomain: TRUST_DOMAIN,
      serviceAccountOf: (namespace, pod) => controlPlane.mesh.workloads.get(`${namespace}/${pod}`)?.serviceAccount,
      describe: (namespace, pod) => describedPod(controlPlane.mesh, namespace, pod),
      warn: line => process.stderr.write(`${line}\n`),
    })
    return new Identities(trust, folder)
  }

  /** @param socket the control plane's @param certificateSeconds life of its certificates. @default the authority's */
  async filesOf(workload: Workload, socket: string, certificateSeconds?: number): Promise<IdentityFiles> {
    const { namespace, pod, serviceAccount } = workload
    const file = (kind: string) => path.join(this.#folder, `${pod}.${kind}`)
    const caller = { trustDomain: TRUST_DOMAIN, namespace, serviceAccount }
    const token = await this.trust.tokens.issue(caller, { lifetimeMs: TOKEN_MS, pod })
    writeFileSync(file('token'), token, { mode: 0o600 })
    const config = { controlPlane: { path: socket }, tokenFile: file('token'), ...(certificateSeconds && { certificateSeconds }) }
    writeFileSync(file('identity.json'), JSON.stringify(config), { mode: 0o600 })
    return { identity: file('identity.json'), xdsSocket: file('xds'), sdsSocket: file('sds') }
  }

  close(): void {
    this.trust.close()
  }
}
