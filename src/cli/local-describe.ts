/** `mizzen describe service NAME`: what rules a service, and how it does. */

import { nearest } from '../lib/nearest.ts'
import type { ServiceDetail } from '../run/dashboard/view/service-detail.ts'
import type { Topology, TopologyEdge } from '../run/dashboard/view/topology.ts'
import { type Paint, painter } from '../run/laptop/console/paint.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { runningMesh } from './running-mesh.ts'

export const USAGE = `Usage: mizzen describe service NAME [DIR] [-o json]

A service of the running mesh: its traffic, the routes and policies in effect with file and line, its endpoints, who calls it and whom it calls.
NAME is "cart", "shop/cart" or the full host name.
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('describe', args, { output: { type: 'string', short: 'o' } }, 3)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [what = '', name, directory] = positionals
  if (!['service', 'services', 'svc'].includes(what) || name === undefined)
    throw new UsageError('Cannot describe that: expected "mizzen describe service NAME"')
  const asJson = values.output !== undefined && oneOf('output', values.output, ['json']) === 'json'
  const mesh = runningMesh(directory, io)
  const { nodes } = await mesh.get<Topology>('/api/topology')
  const services = nodes.filter(({ host }) => host !== '')
  const found = services.find(({ host, name: own, namespace }) => [host, own, `${namespace}/${own}`].includes(name))
  if (!found) {
    const meant = nearest(
      name,
      services.map(({ name: own }) => own),
    )
    throw new Error(`Cannot describe "${name}": there is no such service${meant ? `, did you mean "${meant}"?` : ''}`)
  }
  const detail = await mesh.get<ServiceDetail>(`/api/service?host=${encodeURIComponent(found.host)}`)
  io.stdout.write(asJson ? `${JSON.stringify(detail, null, 2)}\n` : serviceText(detail, painter(io.stdout, io.env)))
  return EXIT.ok
}

export function serviceText(service: ServiceDetail, paint: Paint): string {
  const { host, namespace, name, ports, traffic, rules, endpoints, callers, calls, diagnostics, place, external } = service
  const title = (text: string) => paint(text, 'bold')
  const errors = traffic.errorShare > 0 ? `, ${(traffic.errorShare * 100).toFixed(1)} % fail` : ''
  return [
    `${title(`Service ${namespace}/${name}`)}  ${host}${external ? '  (outside the mesh)' : ''}`,
    paint(`${place.file}${place.line > 0 ? `:${place.line}` : ''}`, 'grey'),
    `ports     ${ports.map(({ number, protocol, target }) => `${number} ${protocol} -> ${target}`).join(', ')}`,
    `traffic   ${traffic.rate > 0 ? `${traffic.rate.toFixed(1)}/s${errors}` : 'none in the last minute'}`,
    '',
    title('Rules in effect'),
    ...rules.map(({ concern, when, does, place: { object, rule, file, line } }) => {
      const at = file === '' ? object : `${file}:${line} ${object} ${rule}`.trimEnd()
      return `  ${concern.padEnd(10)}  ${when}: ${does.join(', ')}\n  ${''.padEnd(10)}  ${paint(at, 'grey')}`
    }),
    '',
    title('Endpoints'),
    ...(endpoints.length === 0 ? ['  none: every request fails with 503'] : []),
    ...endpoints.map(
      ({ address, workload, version, accepts, ready, health }) =>
        `  ${address.padEnd(22)}  ${workload}  ${version}  ${accepts}  ${health || (ready ? 'ready' : 'not ready')}`,
    ),
    ...edgeLines('Called by', callers, 'from', paint),
    ...edgeLines('Calls', calls, 'to', paint),
    ...(diagnostics.length > 0 ? ['', title('Problems')] : []),
    ...diagnostics.map(
      ({ level, message, file, line, fix }) =>
        `  ${paint(level, level === 'error' ? 'red' : 'yellow')}: ${message} (${file}:${line})${fix === undefined ? '' : `; ${fix}`}`,
    ),
    '',
  ].join('\n')
}

function edgeLines(title: string, edges: readonly TopologyEdge[], end: 'from' | 'to', paint: Paint): string[] {
  if (edges.length === 0) return []
  return [
    '',
    paint(title, 'bold'),
    ...edges.map(edge => {
      const tls = edge.mutualTls === true ? 'mutual TLS' : edge.mutualTls === false ? 'plaintext' : ''
      const versions = edge.versions
        .map(({ version, seen }) => (seen === null ? '' : `${version} ${Math.round(seen * 100)} %`))
        .join(' ')
      return `  ${edge[end].replace(/^\w+ /, '').padEnd(40)}  ${edge.traffic.rate.toFixed(1)}/s  ${tls}  ${versions}`.trimEnd()
    }),
  ]
}
