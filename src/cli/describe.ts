/** `mizzen describe pod|service NAME[.NAMESPACE]`: what the mesh of a cluster makes of it. */
import { describePod, describeService } from '../explain/describe/describe.ts'
import { nearest } from '../lib/nearest.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { podNamed } from './cluster-pods.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readLiveMesh } from './live-mesh.ts'
import { meansLocal } from './means-local.ts'

export const USAGE = `Usage: mizzen describe pod|service NAME[.NAMESPACE]

Tells of a pod or a service of a cluster who leads to it, by which routes and rules, in which mTLS mode it is, who may call it, and what is wrong.

  -n, --namespace NS           of the pod or service (default: the kubeconfig's)
  -i, --istioNamespace NS      where the mesh configuration stands (default istio-system)
${CLUSTER_USAGE}`

const OPTIONS = {
  ...CLUSTER_FLAGS,
  namespace: { type: 'string', short: 'n' },
  istioNamespace: { type: 'string', short: 'i', default: 'istio-system' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  if (meansLocal(args, io)) return (await import('./local-describe.ts')).run(args, io)
  const { values, positionals } = parseFlags('describe', args, OPTIONS, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [word = '', text = ''] = positionals
  if (text === '') throw new UsageError('Cannot describe nothing: expected "pod" or "service", and a name')
  const kind = oneOf('kind', { po: 'pod', pods: 'pod', svc: 'service', services: 'service' }[word] ?? word, ['pod', 'service'])
  await withCluster(values, io, async server => {
    const { mesh, diagnostics, tell } = await readLiveMesh(server, { paths: [], rootNamespace: values.istioNamespace }, io)
    tell()
    if (kind === 'pod') {
      const { namespace, pod } = await podNamed(server, text, values.namespace)
      const workload = mesh.workloads.get(`${namespace}/${pod}`)
      if (!workload) throw new Error(`Cannot describe pod "${pod}": namespace "${namespace}" does not belong to the mesh`)
      io.stdout.write(describePod(mesh, workload, diagnostics))
      return
    }
    const dot = text.indexOf('.')
    const [name, namespace] =
      dot < 0 ? [text, values.namespace ?? server.access.namespace] : [text.slice(0, dot), text.slice(dot + 1).split('.')[0]]
    const service = mesh.services.find(each => each.name === name && each.namespace === namespace)
    if (!service) {
      const meant = nearest(
        name,
        mesh.services.filter(each => each.namespace === namespace).map(each => each.name),
      )
      throw new Error(`Cannot find service "${name}" in namespace "${namespace}"${meant ? `: did you mean "${meant}"?` : ''}`)
    }
    io.stdout.write(describeService(mesh, service, diagnostics))
  })
  return EXIT.ok
}
