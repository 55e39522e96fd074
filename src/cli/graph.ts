/** `mizzen graph -o dot|json`: who calls whom, for other programs to draw. */
import type { Topology } from '../run/dashboard/view/topology.ts'
import { durationMs, oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { runningMesh } from './running-mesh.ts'

export const USAGE = `Usage: mizzen graph [DIR] [-o dot|json]

The running mesh as a graph, as the dashboard draws it. For a picture: mizzen graph | dot -Tsvg > mesh.svg

      --window TIME       what the numbers cover (default 60s, at most 15m)
  -o, --output FORMAT     dot (default) or json: {nodes, edges, seconds}
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = { window: { type: 'string', default: '60s' }, output: { type: 'string', short: 'o', default: 'dot' } } as const
  const { values, positionals } = parseFlags('graph', args, options, 1)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const format = oneOf('output', values.output, ['dot', 'json'])
  const seconds = Math.round(durationMs('window', values.window) / 1000)
  const graph = await runningMesh(positionals[0], io).get<Topology>(`/api/topology?seconds=${seconds}`)
  io.stdout.write(format === 'json' ? `${JSON.stringify(graph, null, 2)}\n` : dotText(graph))
  return EXIT.ok
}

export function dotText({ nodes, edges }: Topology): string {
  const clusters = [...Map.groupBy(nodes, ({ namespace }) => namespace)]
  return [
    'digraph mesh {',
    '  rankdir=LR',
    '  node [shape=box, style=rounded, fontname="sans-serif"]',
    '  edge [fontname="sans-serif", fontsize=10]',
    ...clusters.flatMap(([namespace, list], i) => [
      `  subgraph cluster_${i} {`,
      `    label=${quoted(namespace || 'no namespace')}`,
      ...list.map(({ id, name }) => `    ${quoted(id)} [label=${quoted(name)}]`),
      '  }',
    ]),
    ...edges.map(({ from, to, traffic, mutualTls }) => {
      const errors = traffic.errorShare > 0 ? `, ${(traffic.errorShare * 100).toFixed(1)}% errors` : ''
      const colour = traffic.errorShare >= 0.05 ? ', color=red' : ''
      return `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(`${traffic.rate.toFixed(1)}/s${errors}${mutualTls === true ? ', mTLS' : ''}`)}${colour}]`
    }),
    '}',
    '',
  ].join('\n')
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}
