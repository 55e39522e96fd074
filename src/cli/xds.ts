/** `mizzen xds PATH...`: prints what a proxy would be sent for the configuration in files, without running anything. */
import { parse, stringify } from 'yaml'
import { withHypotheticalPods } from '../explain/hypothetical-pods.ts'
import { describedNode, proxyNamed, proxyOfNode } from '../explain/proxies.ts'
import type { Mesh } from '../model/mesh.ts'
import type { MeshProxy } from '../model/proxy.ts'
import { type ProxyResources, ResourceCache, resourcesFor } from '../xds/resources/proxy.ts'
import { bytesToJson, type JsonValue } from '../xds/wire/json.ts'
import { CLUSTER, ENDPOINT, LISTENER, type ResourceType, ROUTE, SECRET } from '../xds/wire/type-url.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readMesh, readText } from './read-mesh.ts'

export const USAGE = `Usage: mizzen xds PATH... --workload NAMESPACE/NAME
       mizzen xds PATH... --proxy FILE

Prints the xDS resources that a proxy gets for the configuration in PATH (files, directories, "-" is standard input): a list, each
resource in Envoy's JSON form with its type in "@type".

  -w, --workload NS/NAME   the sidecar (or gateway) of this Pod or Deployment; a Deployment need not have pods
      --proxy FILE         a proxy described in YAML: {type: sidecar|gateway, namespace, ips, labels, metadata}, or an Envoy node
                           {id, metadata}; Services without a clusterIP then stay without an address
  -t, --type TYPE          only listeners, routes, clusters, endpoints or secrets; may be repeated
      --mesh-config FILE   changes to Istio's MeshConfig; default: the ConfigMap "istio" of istio-system, if it is there
      --mesh-networks FILE Istio's MeshNetworks; default: those of the same ConfigMap
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
  'mesh-networks': { type: 'string' },
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
  const described = values.proxy
  const serviceRange = values['service-range'] ?? (described === undefined ? undefined : '')
  const flags = { paths: positionals, meshConfig: values['mesh-config'], meshNetworks: values['mesh-networks'], serviceRange }
  const { mesh, tell } = await readMesh(flags, io, withHypotheticalPods)
  const proxy = described === undefined ? proxyNamed(mesh, values.workload ?? '') : await describedProxy(mesh, described, io)
  tell()
  const shown = resourcesJson(resourcesFor(mesh, proxy, new ResourceCache()), types.length > 0 ? types : TYPE_NAMES)
  io.stdout.write(
    format === 'json' ? `${JSON.stringify(shown, null, 2)}\n` : stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false }),
  )
  return EXIT.ok
}

async function describedProxy(mesh: Mesh, file: string, io: Io): Promise<MeshProxy> {
  return proxyOfNode(mesh, describedNode(parse(await readText(file, io)), `"${file}"`))
}

function resourcesJson(resources: ProxyResources, names: readonly TypeName[]): JsonValue[] {
  return names.flatMap(name => {
    const type = TYPES[name]
    const found = [...(resources.get(type)?.values() ?? [])]
    return found.map(resource => {
      const json = bytesToJson(type, resource.bytes)
      return typeof json === 'object' && json !== null && !Array.isArray(json) ? { '@type': type, ...json } : json
    })
  })
}
