/** An object that an installation consists of, before it is in a cluster. */

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

/** "Deployment istio-system/mizzen" */
export function manifestName({ kind, metadata: { namespace, name } }: Manifest): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

/** "rbac.authorization.k8s.io" of "rbac.authorization.k8s.io/v1"; '' for the core group. */
export function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? (apiVersion.split('/', 1)[0] ?? '') : ''
}
