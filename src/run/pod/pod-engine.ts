/** What a pod's proxy is to the process that looks after it, whichever data plane it is. */
import type { WorkloadCertificate } from '../../identity/workload/credentials.ts'

export interface PodEngine {
  /** @returns why it does not serve yet; undefined: it does */
  notReady(): Promise<string | undefined>
  /** Goes on serving, and asks clients to come back elsewhere. */
  drain(): void
  /** The workload's certificate; undefined: there is none yet. */
  certificate(): WorkloadCertificate | undefined
  /** Connections that are open. */
  connections(): Promise<number>
  /** Ends: what is open gets a moment. */
  stop(): void
  /** Exit code. */
  readonly ended: Promise<number>
}
