/** `mizzen control-plane` towards a cluster: which one it serves, as whom, and where it listens when it is a pod. */
import { existsSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import path from 'node:path'
import type { ApiAccess } from '../kubernetes/client/access.ts'
import { ApiServer } from '../kubernetes/client/api-server.ts'
import { inCluster, isInCluster } from '../kubernetes/client/in-cluster.ts'
import { kubeconfigAccess } from '../kubernetes/client/kubeconfig.ts'
import { ENVIRONMENT, PORTS } from '../kubernetes/control-plane-needs.ts'
import type { ClusterOptions } from '../run/cluster/cluster.ts'
import { authorityDirectory } from '../run/trust/authority-directory.ts'
import type { Io } from './io.ts'

export const CLUSTER_FLAGS = {
  kubernetes: { type: 'boolean', default: false },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  namespace: { type: 'string' },
  revision: { type: 'string' },
} as const

export const CLUSTER_USAGE = `      --kubernetes           serves the cluster of this pod, or of the current kubeconfig
      --kubeconfig FILE      serves this cluster; what stands in PATH goes before it
      --context NAME         another context of the kubeconfig than its current one
      --namespace NAME       where the control plane and the mesh configuration live (default $POD_NAMESPACE, istio-system)
      --revision NAME        which of several installations in the cluster this is (default $REVISION)
                             $PILOT_GATEWAY_API_CONTROLLER_NAME is the controller of the gateway classes that it serves, alone
`

export interface ClusterFlags {
  readonly kubernetes: boolean
  readonly kubeconfig?: string | undefined
  readonly context?: string | undefined
  readonly namespace?: string | undefined
  readonly revision?: string | undefined
}

/** Where it listens and keeps things when no flag says so. */
export interface Defaults {
  readonly secureXds: readonly string[]
  readonly webhooks: string | undefined
  readonly status: string
  readonly stateDirectory: string
  /** Files of an authority of one's own, where they are. */
  readonly cacerts: string | undefined
}

const CACERTS = '/etc/cacerts'

export function defaultsFor(io: Io): Defaults {
  if (!isInCluster(io.env)) {
    const secureXds = [`127.0.0.1:${PORTS.xds}`]
    const status = `127.0.0.1:${PORTS.monitoring}`
    return { secureXds, webhooks: undefined, status, stateDirectory: authorityDirectory(io.env), cacerts: undefined }
  }
  return {
    secureXds: [`0.0.0.0:${PORTS.xds}`],
    webhooks: `0.0.0.0:${PORTS.webhook}`,
    status: `0.0.0.0:${PORTS.monitoring}`,
    stateDirectory: path.join(tmpdir(), 'mizzen-control-plane'),
    cacerts: existsSync(path.join(CACERTS, 'ca-cert.pem')) ? CACERTS : undefined,
  }
}

/** A pod serves its cluster; who names files on a machine that is no pod wants these alone. @throws (rejects) for a kubeconfig that cannot be used */
export async function clusterAccess(flags: ClusterFlags, paths: readonly string[], io: Io): Promise<ApiAccess | undefined> {
  const { kubernetes, kubeconfig, context } = flags
  const named = kubeconfig !== undefined || context !== undefined
  if (!named && isInCluster(io.env) && (kubernetes || paths.length === 0)) return inCluster(io.env)
  if (!named && !kubernetes) return undefined
  return kubeconfigAccess({ file: kubeconfig === undefined ? undefined : path.resolve(io.cwd, kubeconfig), context })
}

export function rootNamespaceOf(flags: ClusterFlags, io: Io, otherwise: string): string {
  return flags.namespace || io.env[ENVIRONMENT.namespace] || otherwise
}

/** '' where there is one installation only. */
export function revisionOf(flags: ClusterFlags, io: Io): string {
  return flags.revision ?? io.env[ENVIRONMENT.revision] ?? ''
}

export function clusterOptions(
  access: ApiAccess,
  flags: ClusterFlags,
  io: Io,
  rest: Pick<ClusterOptions, 'rootNamespace' | 'warn' | 'note'> & { readonly webhooks: ClusterOptions['webhooks'] | undefined },
): ClusterOptions {
  const { webhooks, ...others } = rest
  return {
    ...others,
    api: new ApiServer(access),
    revision: revisionOf(flags, io),
    identity: io.env[ENVIRONMENT.pod] || `${hostname()}_${process.pid}`,
    trustBundle: io.env[ENVIRONMENT.trustBundle] || undefined,
    ...(webhooks && { webhooks }),
  }
}

/** undefined: all that mizzen serves. */
export function gatewayControllerOf(io: Io): string | undefined {
  return io.env[ENVIRONMENT.gatewayController] || undefined
}

/** Names that proxies, the API server and Istio's agents know a control plane by. */
export function serviceNames(namespace: string, revision: string): string[] {
  const names = ['istiod', ...(revision === '' || revision === 'default' ? [] : [`istiod-${revision}`])]
  return names.flatMap(name => [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`, `${name}.${namespace}`])
}
