/** Flags by which a verb finds its cluster. */
import path from 'node:path'
import { ApiServer } from '../kubernetes/client/api-server.ts'
import { kubeconfigAccess } from '../kubernetes/client/kubeconfig.ts'
import type { Io } from './io.ts'

export const CLUSTER_FLAGS = { kubeconfig: { type: 'string' }, context: { type: 'string' } } as const

export const CLUSTER_USAGE = `      --kubeconfig FILE      default $KUBECONFIG, else ~/.kube/config
      --context NAME         of the kubeconfig. Default: its current one
`

/** @throws (rejects) in a sentence */
export async function withCluster<Result>(
  values: { readonly kubeconfig?: string | undefined; readonly context?: string | undefined },
  io: Io,
  use: (server: ApiServer) => Promise<Result>,
): Promise<Result> {
  const file = values.kubeconfig === undefined ? undefined : path.resolve(io.cwd, values.kubeconfig)
  const server = new ApiServer(await kubeconfigAccess({ file, context: values.context }))
  try {
    return await use(server)
  } finally {
    server.close()
  }
}
