/** What a pod's proxy is to the process that looks after it, whichever data plane it is. */

export interface PodEngine {
  /** @returns why it does not serve yet; undefined: it does */
  notReady(): Promise<string | undefined>
  /** Goes on serving, and asks clients to come back elsewhere. */
  drain(): void
  /** Connections that are open. */
  connections(): Promise<number>
  /** Ends: what is open gets a moment. */
  stop(): void
  /** Exit code. */
  readonly ended: Promise<number>
}
