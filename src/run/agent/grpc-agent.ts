/**
 * The agent beside a gRPC application without a proxy: gets the workload's certificate and keeps it in files, and carries the application's
 * configuration stream to the control plane with the workload's credentials.
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import type { AgentConfig } from '../../identity/workload/agent-config.ts'
import type { WorkloadCertificate } from '../../identity/workload/credentials.ts'
import { WorkloadIdentity } from '../../identity/workload/workload-identity.ts'
import { systemClock } from '../../lib/clock.ts'
import { replaceFile } from '../../lib/replace-file.ts'
import type { Log } from '../../proxy/context.ts'
import { CERTIFICATE_FILES } from '../grpc-bootstrap.ts'
import { XdsRelay } from './xds-relay.ts'

export interface GrpcAgentOptions {
  readonly identity: AgentConfig
  /** Unix socket that the application's bootstrap names. */
  readonly socket: string
  /** Directory of the files that it names. */
  readonly certificates: string
  readonly log: Log
}

export class GrpcAgent {
  readonly #identity: WorkloadIdentity
  readonly #relay: XdsRelay
  #listens = false

  constructor({ identity, socket, certificates, log }: GrpcAgentOptions) {
    mkdirSync(certificates, { recursive: true, mode: 0o755 })
    this.#identity = new WorkloadIdentity({
      config: identity,
      clock: systemClock,
      random: Math.random,
      onCertificate: certificate => writeCertificate(certificates, certificate),
      onFailure: (reason, retryMs) => log('warning', 'identity', `no certificate: ${reason}; tries again in ${retryMs} ms`),
    })
    this.#relay = new XdsRelay(identity.controlPlane, this.#identity.credentials)
    this.#relay.listen(socket).then(
      () => {
        this.#listens = true
      },
      error => log('error', 'xds', `Cannot serve configuration: ${error instanceof Error ? error.message : String(error)}`),
    )
    this.#identity.start()
  }

  /** Why the application cannot start yet; undefined: it can. */
  get notReady(): string | undefined {
    if (!this.#listens) return 'the socket for configuration is not open yet'
    return this.#identity.current === undefined ? 'there is no certificate yet' : undefined
  }

  /** The workload's; undefined: there is none yet. */
  get certificate(): WorkloadCertificate | undefined {
    return this.#identity.current
  }

  close(): void {
    this.#identity.close()
    this.#relay.close()
  }
}

/** Each file is whole at any moment, as libraries watch them; the key comes last: a chain without its key is passed over. */
function writeCertificate(directory: string, { chain, key, roots }: WorkloadCertificate): void {
  replaceFile(path.join(directory, CERTIFICATE_FILES.roots), roots, 0o644)
  replaceFile(path.join(directory, CERTIFICATE_FILES.chain), chain, 0o644)
  replaceFile(path.join(directory, CERTIFICATE_FILES.key), key, 0o600)
}
