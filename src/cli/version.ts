/** `mizzen version`: of this command, and, where a cluster is named, of the control plane and the proxies there. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { listAt, textAt } from '../kubernetes/client/raw-object.ts'
import { packageVersion } from '../run/installation.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { askControlPlane, controlPlanePods } from './cluster-pods.ts'
import { oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen version [-o json]

Prints the version of mizzen and of the Node that runs it; where there is a kubeconfig, also of the control plane and of the proxies of its
cluster. An answer that the cluster does not give is told, and is no failure.

      --remote=false           of this command only
  -i, --istioNamespace NS      where the control plane runs (default istio-system)
  -o, --output json
${CLUSTER_USAGE}`

const OPTIONS = {
  ...CLUSTER_FLAGS,
  remote: { type: 'string' },
  istioNamespace: { type: 'string', short: 'i', default: 'istio-system' },
  output: { type: 'string', short: 'o' },
} as const

/** How many replicas, or proxies, there are of a version. */
interface Counted {
  readonly version: string
  readonly count: number
}

interface Remote {
  readonly controlPlane: readonly Counted[]
  readonly dataPlane: readonly Counted[]
}

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags('version', withValue(args), OPTIONS, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (values.output !== undefined) oneOf('output', values.output, ['json'])
  const remote = values.remote === undefined ? undefined : oneOf('remote', values.remote, ['true', 'false'])
  const asks = remote === undefined ? hasKubeconfig(values.kubeconfig, io) : remote === 'true'
  let trouble: string | undefined
  const found = asks
    ? await withCluster(values, io, server => read(server, values.istioNamespace)).catch((error: unknown) => {
        trouble = error instanceof Error ? error.message : String(error)
        return undefined
      })
    : undefined
  const [version, { node }] = [packageVersion(), process.versions]
  if (values.output !== undefined)
    io.stdout.write(`${JSON.stringify({ version, node, ...found, ...(trouble !== undefined && { trouble }) })}\n`)
  else io.stdout.write(`mizzen ${version} (Node ${node})\n${found ? remoteText(found) : ''}`)
  if (trouble !== undefined && values.output === undefined) io.stderr.write(`${trouble}\n`)
  return EXIT.ok
}

/** "--remote" alone says yes. */
function withValue(args: readonly string[]): string[] {
  return args.map(word => (word === '--remote' ? '--remote=true' : word))
}

/** Without one there is no cluster to ask, and a laptop's user does not miss it. */
function hasKubeconfig(flag: string | undefined, io: Io): boolean {
  return flag !== undefined || Boolean(io.env['KUBECONFIG']) || existsSync(path.join(io.env['HOME'] ?? homedir(), '.kube/config'))
}

async function read(server: ApiServer, namespace: string): Promise<Remote> {
  const pods = await controlPlanePods(server, namespace)
  const answers = await Promise.all(
    pods.map(async pod => ({
      version: textAt(await askControlPlane(server, pod, '/version'), 'version'),
      proxies: await askControlPlane(server, pod, '/debug/syncz'),
    })),
  )
  const engines = answers.flatMap(({ proxies }) =>
    listAt({ proxies }, 'proxies').map(proxy => [textAt(proxy, 'engine'), textAt(proxy, 'version')].filter(Boolean).join(' ')),
  )
  return { controlPlane: counted(answers.map(({ version }) => version)), dataPlane: counted(engines) }
}

function counted(versions: readonly string[]): Counted[] {
  const groups = Map.groupBy(versions, version => version)
  return [...groups].map(([version, { length }]) => ({ version, count: length })).sort((a, b) => (a.version < b.version ? -1 : 1))
}

function remoteText({ controlPlane, dataPlane }: Remote): string {
  const list = (all: readonly Counted[], one: string, many: string) =>
    all.map(({ version, count }) => `${version} (${count} ${count === 1 ? one : many})`).join(', ')
  return `control plane: ${list(controlPlane, 'replica', 'replicas')}\ndata plane: ${list(dataPlane, 'proxy', 'proxies') || 'none'}\n`
}
