/** `mizzen explain PATH...`: the way of one request through the mesh of the files, without running anything. */
import { withHypotheticalPods } from '../explain/hypothetical-pods.ts'
import { describedNode, proxyOfNode } from '../explain/proxies.ts'
import { Explainer } from '../explain/request/explain.ts'
import { readCall } from '../explain/request/read-call.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { readMesh, readText } from './read-mesh.ts'

export const USAGE = `Usage: mizzen explain PATH... --calls FILE [-o json]

Follows calls through the proxies that the configuration in PATH gives, decided by the very code that the proxies run.

      --calls FILE         JSON: a list of {proxy, call}; the answers are in the same order
      --mesh-config FILE   changes to Istio's MeshConfig
      --service-range CIDR addresses for Services without a clusterIP (default: they stay without)
`

const OPTIONS = {
  calls: { type: 'string' },
  'mesh-config': { type: 'string' },
  'service-range': { type: 'string' },
  output: { type: 'string', short: 'o' },
} as const

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('explain', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (positionals.length === 0) throw new UsageError('Cannot explain without configuration: expected at least one PATH')
  oneOf('output', values.output ?? 'json', ['json'])
  if (values.calls === undefined) throw new UsageError('Cannot explain nothing: expected --calls FILE')
  const flags = { paths: positionals, meshConfig: values['mesh-config'], serviceRange: values['service-range'] ?? '' }
  const { mesh, tell } = await readMesh(flags, io, withHypotheticalPods)
  tell()
  const explainer = new Explainer(mesh)
  const entries: unknown = JSON.parse(await readText(values.calls, io))
  if (!Array.isArray(entries)) throw new Error(`Cannot read "${values.calls}": expected a list of {proxy, call}`)
  const answers = entries.map((entry: unknown, i) => {
    const { proxy, call } = fieldsOf(entry)
    const node = describedNode(proxy, `calls[${i}].proxy`)
    return explainer.explain(proxyOfNode(mesh, node), readCall(call, `calls[${i}].call`))
  })
  io.stdout.write(`${JSON.stringify(answers, null, 2)}\n`)
  return EXIT.ok
}

function fieldsOf(value: unknown): { readonly proxy?: unknown; readonly call?: unknown } {
  return typeof value === 'object' && value !== null ? value : {}
}
