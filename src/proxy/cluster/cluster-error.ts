/**
 * Refusing a cluster's configuration. Whoever applies configuration puts "Cannot apply cluster <name>" in front, for the NACK that the control
 * plane reads.
 */
export class ClusterConfigError extends Error {
  override readonly name = 'ClusterConfigError'
  readonly cluster: string

  /** @param reason what is wrong, the value in quotes, and what was expected */
  constructor(cluster: string, reason: string) {
    super(reason)
    this.cluster = cluster
  }
}

/** Runs a step of reading a cluster; what it throws becomes a ClusterConfigError. */
export function ofCluster<T>(name: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof ClusterConfigError) throw error
    throw new ClusterConfigError(name, error instanceof Error ? error.message : String(error))
  }
}
