/**
 * The API server by a kubeconfig, with all the ways to log in that kubectl has. The library that knows them costs a process some 90 MB, so it is
 * loaded here only; a control plane that is a pod does without.
 */
import type { OutgoingHttpHeaders } from 'node:http'
import type { RequestOptions } from 'node:https'
import type { ApiAccess } from './access.ts'

export interface KubeconfigOptions {
  /** @default $KUBECONFIG, else ~/.kube/config */
  readonly file?: string | undefined
  /** @default the current one */
  readonly context?: string | undefined
}

/** @throws (rejects) in a sentence: no such file, no such context */
export async function kubeconfigAccess({ file, context }: KubeconfigOptions): Promise<ApiAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
  const config = new KubeConfig()
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (error) {
    throw new Error(`Cannot read the kubeconfig${file === undefined ? '' : ` "${file}"`}: ${messageOf(error)}`)
  }
  // The library makes one up where there is none.
  if (config.getCurrentContext() === 'loaded-context' && config.getCurrentCluster()?.server === 'http://localhost:8080')
    throw new Error('Cannot find a cluster: expected --kubeconfig FILE, $KUBECONFIG or ~/.kube/config')
  if (context !== undefined) config.setCurrentContext(context)
  const cluster = config.getCurrentCluster()
  if (!cluster) {
    const known = config.getContexts().map(each => `"${each.name}"`)
    throw new Error(
      `Cannot find the cluster of context "${config.getCurrentContext()}": expected one of ${known.join(', ') || 'a kubeconfig with contexts'}`,
    )
  }
  return {
    server: new URL(cluster.server),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    name: config.getCurrentContext(),
    async options() {
      const options: RequestOptions = {}
      await config.applyToHTTPSOptions(options)
      const { ca, cert, key, rejectUnauthorized, servername, headers } = options
      return {
        ...(ca !== undefined && { ca }),
        ...(cert !== undefined && { cert }),
        ...(key !== undefined && { key }),
        ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
        ...(servername !== undefined && { servername }),
        ...(headers !== undefined && isMap(headers) && { headers }),
      }
    },
  }
}

/** Node also takes a list of names and values, which nobody here makes. */
function isMap(headers: NonNullable<RequestOptions['headers']>): headers is OutgoingHttpHeaders {
  return !Array.isArray(headers)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
