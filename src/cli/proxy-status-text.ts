/** The table of `mizzen proxy-status`, as istioctl's users know it. */
import type { ProxyView } from '../run/dashboard/view/proxy-list.ts'
import { table } from './table.ts'

const TYPES = [
  ['CDS', 'Cluster'],
  ['LDS', 'Listener'],
  ['EDS', 'ClusterLoadAssignment'],
  ['RDS', 'RouteConfiguration'],
  ['SDS', 'Secret'],
] as const

export function proxyStatusText(proxies: readonly ProxyView[]): string {
  const rows = proxies
    .toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1))
    .map(({ name, namespace, engine, version, types }) => [
      `${name}.${namespace}`,
      ...TYPES.map(([, type]) => types.find(each => each.type === type)?.state ?? '-'),
      `${engine}${version === '' ? '' : ` ${version}`}`,
    ])
  const refusals = proxies.flatMap(({ name, namespace, types }) =>
    types
      .filter(({ refusal }) => refusal !== '')
      .map(({ type, refusal }) => `${name}.${namespace} refuses ${type}: ${refusal}\n`),
  )
  return [
    table(['NAME', ...TYPES.map(([title]) => title), 'ENGINE'], rows),
    ...(refusals.length > 0 ? ['\n', ...refusals] : []),
  ].join('')
}
