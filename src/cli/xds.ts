/** `mizzen xds PATH...`: prints what a proxy would be sent for the configuration in files, without running anything. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { compile } from '../compile/mesh.ts'
import { readMeshConfig } from '../compile/mesh-config.ts'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
import { FileSource } from '../source/files/file-source.ts'
import { formatDiagnostic } from '../source/format.ts'
import { Store } from '../source/store.ts'
import { proxyOf } from '../xds/resources/node.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from '../xds/resources/proxy.ts'
import { bytesToJson, type JsonValue } from '../xds/wire/json.ts'
import { CLUSTER, ENDPOINT, LISTENER, type ResourceType, ROUTE, SECRET } from '../xds/wire/type-url.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { describedNode, workloadNode } from './xds-node.ts'

export const USAGE = `Usage: mizzen xds PATH... --workload NAMESPACE/NAME
       mizzen xds PATH... --proxy FILE

Prints the xDS resources that a proxy gets for the configuration in PATH (files, directories, "-" is standard input).

  -w, --workload NS/NAME   the sidecar (or gateway) of this Pod or Deployment
      --proxy FILE         a proxy described in YAML: an Envoy node {id, metadata}, or {type, namespace, ips, labels}
  -t, --type TYPE          only listeners, routes, clusters, endpoints or secrets; may be repeated
      --mesh-config FILE   Istio's MeshConfig; default: the ConfigMap "istio" of istio-system, if it is there
      --service-range CIDR addresses for Services without a clusterIP; "" leaves them without (default 10.96.0.0/12)
  -o, --output FORMAT      yaml (default) or json
`

const TYPES: Readonly<Record<'listeners' | 'routes' | 'clusters' | 'endpoints' | 'secrets', ResourceType>> = {
  listeners: LISTENER,
  routes: ROUTE,
  clusters: CLUSTER,
  endpoints: ENDPOINT,
  secrets: SECRET,
}
const TYPE_NAMES = ['listeners', 'routes', 'clusters', 'endpoints', 'secrets'] as const
type TypeName = (typeof TYPE_NAMES)[number]

const OPTIONS = {
  workload: { type: 'string', short: 'w' },
  proxy: { type: 'string' },
  type: { type: 'string', short: 't', multiple: true },
  'mesh-config': { type: 'string' },
  'service-range': { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const

/** Diagnostics go to standard error and do not change the exit code: what is printed is what a proxy would get in spite of them. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('xds', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (positionals.length === 0) throw new UsageError('Cannot print xDS of nothing: expected at least one PATH')
  if ((values.workload === undefined) === (values.proxy === undefined)) {
    throw new UsageError('Cannot tell whose xDS to print: expected --workload NAMESPACE/NAME or --proxy FILE')
  }
  const types = (values.type ?? []).map(name => oneOf('type', name, TYPE_NAMES))
  const format = oneOf('output', values.output ?? 'yaml', ['yaml', 'json'])

  const store = new Store()
  await new FileSource({ paths: positionals, cwd: io.cwd, stdin: io.stdin }, store.source()).read()
  const snapshot = store.snapshot().objects
  const meshConfig = values['mesh-config']
  const reading =
    meshConfig === undefined ? { settings: DEFAULT_SETTINGS, problems: [] } : readMeshConfig(await text(meshConfig, io))
  const { objects, node } =
    values.proxy === undefined
      ? workloadNode(values.workload ?? '', snapshot)
      : { objects: snapshot, node: describedNode(await text(values.proxy, io), values.proxy) }
  const serviceRange = values['service-range']
  const { mesh, diagnostics } = compile(objects, {
    settings: reading.settings,
    ...(serviceRange === undefined ? {} : { serviceRange }),
  })
  for (const problem of reading.problems) io.stderr.write(`${problem}\n`)
  for (const diagnostic of [...store.diagnostics(), ...diagnostics])
    io.stderr.write(`${formatDiagnostic(diagnostic, { colour: false })}\n`)

  const proxy = proxyOf(mesh, node)
  if (!proxy)
    throw new Error(
      `Cannot print xDS for "${node.id}": expected an id such as "sidecar~10.0.0.1~name.namespace~namespace.svc.cluster.local"`,
    )
  const shown = resourcesJson(resourcesFor(mesh, proxy, new ResourceCache()), types.length > 0 ? types : TYPE_NAMES)
  io.stdout.write(
    format === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false }),
  )
  return EXIT.ok
}

function resourcesJson(resources: ProxyResources, names: readonly TypeName[]): Record<string, JsonValue> {
  return Object.fromEntries(
    names.map(name => {
      const type = TYPES[name]
      return [name, [...(resources.get(type)?.values() ?? [])].map(resource => bytesToJson(type, resource.bytes))]
    }),
  )
}

async function text(file: string, io: Io): Promise<string> {
  try {
    return await readFile(path.resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw new Error(`Cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`)
  }
}
