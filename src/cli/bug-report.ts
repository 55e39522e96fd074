/** `mizzen bug-report`: what somebody needs who is to find out what is wrong with the mesh of a cluster, in one directory. No Secrets. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import type { ApiServer } from '../kubernetes/client/api-server.ts'
import { textAt } from '../kubernetes/client/raw-object.ts'
import { redact } from '../proxy/admin/redact.ts'
import { packageVersion } from '../run/installation.ts'
import { formatDiagnostic } from '../source/format.ts'
import { readCluster } from '../source/kubernetes/read-cluster.ts'
import type { JsonValue } from '../xds/wire/json.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { askControlPlane, controlPlanePods, podNamed, withProxyAdmin } from './cluster-pods.ts'
import { parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readLiveMesh } from './live-mesh.ts'
import { shareable } from './shareable.ts'

export const USAGE = `Usage: mizzen bug-report [POD[.NAMESPACE]...]

Writes a directory with the objects of the mesh (no Secrets, and no values that
applications are given), what is wrong with them, the state and the logs of the control plane, what each proxy
has acknowledged, and of each POD that is named its proxy's configuration and log.

      --dir DIR                where to write (default mizzen-bug-report)
  -i, --istioNamespace NS      where the control plane runs (default istio-system)
${CLUSTER_USAGE}`

const OPTIONS = {
  ...CLUSTER_FLAGS,
  dir: { type: 'string', default: 'mizzen-bug-report' },
  istioNamespace: { type: 'string', short: 'i', default: 'istio-system' },
} as const

const LOG_LINES = 5000

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('bug-report', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const directory = path.resolve(io.cwd, values.dir)
  const write = (name: string, text: string) => {
    const file = path.join(directory, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  /** What cannot be had is said in its place: a report of a broken mesh is a report. */
  const attempt = async (name: string, make: () => Promise<string>) => {
    write(name, await make().catch((error: unknown) => `${error instanceof Error ? error.message : String(error)}\n`))
  }
  await withCluster(values, io, async server => {
    await attempt('version.json', async () => {
      const cluster = await server.json({ path: '/version' })
      return json({ mizzen: packageVersion(), node: process.version, kubernetes: textAt(cluster, 'gitVersion') })
    })
    await attempt('objects.yaml', () => objects(server))
    await attempt('problems.txt', async () => {
      const { diagnostics } = await readLiveMesh(server, { paths: [], rootNamespace: values.istioNamespace }, io)
      return diagnostics.map(each => `${formatDiagnostic(each, { colour: false })}\n`).join('')
    })
    const replicas = await controlPlanePods(server, values.istioNamespace).catch((error: unknown) => {
      write('control-plane.txt', `${error instanceof Error ? error.message : String(error)}\n`)
      return []
    })
    for (const replica of replicas) {
      const place = `control-plane/${replica.pod}`
      await attempt(`${place}/proxies.json`, async () => json(await askControlPlane(server, replica, '/debug/syncz')))
      await attempt(`${place}/log.txt`, () => log(server, replica, undefined))
    }
    for (const name of positionals) {
      const pod = await podNamed(server, name, undefined)
      const place = `proxies/${pod.namespace}/${pod.pod}`
      await withProxyAdmin(pod, values, io, async get => {
        await attempt(`${place}/config.json`, async () => json(redact(jsonOf(await get('/config_dump?include_eds')))))
        await attempt(`${place}/clusters.json`, async () => json(await get('/clusters?format=json')))
      })
      await attempt(`${place}/log.txt`, () => log(server, pod, 'istio-proxy'))
    }
  })
  io.stdout.write(`The report is in ${directory}; look through it before you pass it on\n`)
  return EXIT.ok
}

async function objects(server: ApiServer): Promise<string> {
  const { documents } = await readCluster(server)
  const shown = documents.filter(({ reading }) => reading?.id !== 'Secret').map(({ value }) => shareable(value))
  return shown.map(value => stringify(value, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')
}

function log(
  server: ApiServer,
  { namespace, pod }: { readonly namespace: string; readonly pod: string },
  container: string | undefined,
): Promise<string> {
  return server.text({ path: `/api/v1/namespaces/${namespace}/pods/${pod}/log`, query: { container, tailLines: LOG_LINES } })
}

/** A page that was JSON, whatever it is. */
function jsonOf(page: unknown): JsonValue {
  return JSON.parse(JSON.stringify(page))
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
