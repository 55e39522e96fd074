/** `mizzen gateway-status PATH...`: the statuses that a cluster would show of Gateway API objects, for files and without a cluster. */
import { stringify } from 'yaml'
import { resourceName } from '../api/object.ts'
import type { Condition, ObjectStatus } from '../compile/gateway-api/conditions.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readMesh } from './read-mesh.ts'
import { table } from './table.ts'

const USAGE = `Usage: mizzen gateway-status PATH... [-o wide|yaml|json]

Prints the status of each Gateway API object in PATH (files, directories, "-" is standard input): whether Gateways, listeners, routes and
policies are in force, and why not. Whether a gateway's pods run is not looked at; without its Service a Gateway has no address.

  -o, --output FORMAT      a table (default), wide (with messages), or the whole status as yaml or json
      --mesh-config FILE   changes to Istio's MeshConfig; default: the ConfigMap "istio" of istio-system, if it is there
`

const OPTIONS = { output: { type: 'string', short: 'o' }, 'mesh-config': { type: 'string' } } as const

/** Diagnostics go to standard error and do not change the exit code: a status says itself what is wrong. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('gateway-status', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (positionals.length === 0) throw new UsageError('Cannot print the status of nothing: expected at least one PATH')
  const format = oneOf('output', values.output ?? 'table', ['table', 'wide', 'yaml', 'json'])
  const { statuses: all, tell } = await readMesh(
    { paths: positionals, meshConfig: values['mesh-config'], serviceRange: undefined },
    io,
  )
  const statuses = all.filter(({ object }) => object.kind !== 'Ingress')
  if (format === 'yaml' || format === 'json') {
    tell()
    io.stdout.write(printed(statuses.map(asObject), format))
  } else if (statuses.length > 0) io.stdout.write(asTable(statuses, format === 'wide'))
  else io.stderr.write('There is no object of the Gateway API in it that mizzen serves.\n')
  return EXIT.ok
}

function printed(objects: readonly object[], format: 'yaml' | 'json'): string {
  return format === 'json'
    ? `${JSON.stringify(objects, null, 2)}\n`
    : objects.map(entry => stringify(entry, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')
}

/** As `kubectl get -o yaml` shows it, without what only an API server knows: times and generations. */
function asObject({ object, unserved: _, listeners, ...status }: ObjectStatus): object {
  const { apiVersion, kind, namespace, name } = object
  const own = listeners && { listeners: listeners.map(({ port: _port, ...listener }) => listener) }
  return { apiVersion, kind, metadata: { name, ...(namespace && { namespace }) }, status: { ...status, ...own } }
}

const TYPES = ['Accepted', 'Programmed', 'ResolvedRefs'] as const

/** A line for each object, listener, parent and ancestor. */
function asTable(statuses: readonly ObjectStatus[], wide: boolean): string {
  const rows = statuses.flatMap(({ object, conditions, addresses, listeners, parents, ancestors }) => {
    const name = resourceName(object)
    const row = (part: string, about: string, list: readonly Condition[]) => [
      name,
      part,
      ...TYPES.map(type => verdict(list.find(condition => condition.type === type))),
      about,
      ...(wide ? [list.flatMap(problem).join('; ')] : []),
    ]
    return [
      ...(conditions ? [row('', (addresses ?? []).map(({ value }) => value).join(','), conditions)] : []),
      ...(listeners ?? []).map(listener =>
        row(`listener ${listener.name}`, `routes: ${listener.attachedRoutes}`, listener.conditions),
      ),
      ...(parents ?? []).map(({ parentRef, conditions: list }) => row(`parent ${reference(parentRef)}`, '', list)),
      ...(ancestors ?? []).map(({ ancestorRef, conditions: list }) => row(`ancestor ${reference(ancestorRef)}`, '', list)),
    ]
  })
  return table(['OBJECT', 'PART', 'ACCEPTED', 'PROGRAMMED', 'REFS', 'ABOUT', ...(wide ? ['WHY'] : [])], rows)
}

function verdict(condition: Condition | undefined): string {
  if (!condition) return '-'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`
}

/** Conflicted is the one condition here that is good news when it is False. */
function problem({ type, status, message }: Condition): string[] {
  const good = type === 'Accepted' || type === 'Programmed' || type === 'ResolvedRefs' ? 'True' : 'False'
  return status === good ? [] : [message]
}

function reference({ name, sectionName, port }: NonNullable<ObjectStatus['parents']>[number]['parentRef']): string {
  return `${name}${sectionName ? `/${sectionName}` : ''}${port ? `:${port}` : ''}`
}
