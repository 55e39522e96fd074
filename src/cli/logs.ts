/** `mizzen logs [-f] [DIR] [NAME]`, and `mizzen logs POD -n NAMESPACE` of a cluster */
import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { nearest } from '../lib/nearest.ts'
import { LinePrinter } from '../run/laptop/console/line-printer.ts'
import { readLog } from '../run/laptop/console/log-file.ts'
import { isFrom, prefixOf } from '../run/laptop/console/log-line.ts'
import { painter } from '../run/laptop/console/paint.ts'
import { type StateDirectory, stateDirectoryOf } from '../run/laptop/state/directory.ts'
import { findRunning } from '../run/laptop/state/find.ts'
import { readLock } from '../run/laptop/state/lock.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen logs [-f] [DIR] [NAME]
       mizzen logs [-f] [POD|deployment/NAME] -n NAMESPACE    of a proxy in a cluster; without a name, of the control plane

The lines of all processes of a mesh, or of NAME: a pod ("cart-0"), all pods of a workload ("cart"), one container ("cart-0/proxy"), the
mesh's own ("mizzen"). Those of the last run when the mesh does not run.

  -f, --follow   go on with lines as they come

Of a cluster, where one of these is said:
  -n, --namespace NS           of the pod
  -i, --istioNamespace NS      where the control plane runs (default istio-system)
      --tail NUMBER            only so many lines from the end
${CLUSTER_USAGE}
Without DIR: the mesh of this directory, or the only one that runs.
`

const OPTIONS = {
  follow: { type: 'boolean', short: 'f' },
  ...CLUSTER_FLAGS,
  namespace: { type: 'string', short: 'n' },
  istioNamespace: { type: 'string', short: 'i' },
  tail: { type: 'string' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('logs', args, OPTIONS, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { namespace, kubeconfig, context, tail } = values
  const istioNamespace = values.istioNamespace ?? 'istio-system'
  if ([namespace, kubeconfig, context, values.istioNamespace, tail].some(value => value !== undefined)) {
    const { clusterLogs } = await import('./cluster-logs.ts')
    const flags = { namespace, istioNamespace, tail, follow: values.follow === true }
    await withCluster(values, io, server => clusterLogs(server, positionals[0], flags, io))
    return EXIT.ok
  }
  const [first, second] = positionals
  const hasDirectory = second !== undefined || (first !== undefined && isDirectory(path.resolve(io.cwd, first)))
  const [directory, name] = hasDirectory ? [first, second] : [undefined, first]
  const state = stateOf(directory, io)
  const printer = new LinePrinter(painter(io.stdout, io.env))
  const goOn = () => values.follow === true && readLock(state).kind === 'held'
  const others = new Set<string>()
  let found = false
  for await (const { source, text } of readLog(state.log, goOn)) {
    if (name !== undefined && !isFrom(source, name)) {
      others.add(prefixOf(source))
      continue
    }
    found = true
    io.stdout.write(printer.line(source, text))
  }
  if (found || name === undefined) return EXIT.ok
  const meant = nearest(name, others)
  throw new Error(
    `Cannot find lines of "${name}": ${meant ? `did you mean "${meant}"?` : `there are some of ${[...others].sort().join(', ') || 'nobody'}`}`,
  )
}

/** @throws when there is no log */
function stateOf(directory: string | undefined, io: Io): StateDirectory {
  const asked = path.resolve(io.cwd, directory ?? '.')
  if (existsSync(asked)) {
    const state = stateDirectoryOf(asked, io.env)
    if (existsSync(state.log)) return state
  }
  return findRunning(directory, io).state
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
