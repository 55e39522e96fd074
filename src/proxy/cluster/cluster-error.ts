/**
 * Refusing a cluster's configuration: the control plane reads the message in a NACK, so it says which cluster, what and why.
 */
export class ClusterConfigError extends Error {
  override readonly name = 'ClusterConfigError'
  readonly cluster: string

  constructor(cluster: string, reason: string) {
    super(`Cannot apply cluster "${cluster}": ${reason}`)
    this.cluster = cluster
  }
}

/** Runs a step of reading a cluster; what it throws becomes a ClusterConfigError that names the cluster. */
export function ofCluster<T>(name: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof ClusterConfigError) throw error
    throw new ClusterConfigError(name, error instanceof Error ? error.message : String(error))
  }
}
