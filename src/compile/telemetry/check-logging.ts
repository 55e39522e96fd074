/** Providers of access logs that a Telemetry or the mesh's settings name and that write nothing: they do not exist, are not for logs, or lead nowhere. */
import { nearest } from '../../lib/nearest.ts'
import { FILE_PROVIDER } from '../../model/log-target.ts'
import type { Mesh } from '../../model/mesh.ts'
import { type Diagnostic, diagnostic, type Problem } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'
import { collectorProblem } from './collector-problem.ts'

const NO_LOG = 'nothing is logged there'

export function checkLogging({ Telemetry }: Objects, mesh: Mesh): Diagnostic[] {
  return Telemetry.flatMap(object =>
    (object.spec.accessLogging ?? []).flatMap(({ providers = [] }, i) =>
      providers.flatMap(({ name }, j) => {
        const problem = providerProblem(name, mesh)
        return problem ? [diagnostic(object, ['spec', 'accessLogging', i, 'providers', j, 'name'], problem)] : []
      }),
    ),
  )
}

function providerProblem(name: string, mesh: Mesh): Problem | undefined {
  const { extensionProviders } = mesh.settings
  const provider = extensionProviders.get(name)
  if (provider === undefined) {
    if (name === FILE_PROVIDER) return undefined
    const fix = nearest(name, [FILE_PROVIDER, ...extensionProviders.keys()])
    return unknown(`provider "${name}" does not exist: expected "${FILE_PROVIDER}" or one of extensionProviders`, fix)
  }
  switch (provider.kind) {
    case 'file-log':
      return undefined
    case 'http-log':
    case 'tcp-log':
    case 'opentelemetry-log':
      return collectorProblem(name, provider, mesh, {
        what: 'logs',
        overGrpc: true,
        code: 'logging-provider',
        effect: NO_LOG,
      })
    default:
      return unknown(
        `provider "${name}" is of kind ${provider.kind}, which takes no access logs: expected envoyFileAccessLog, envoyHttpAls, envoyTcpAls or envoyOtelAls`,
      )
  }
}

function unknown(message: string, fix?: string): Problem {
  return { code: 'unknown-provider', level: 'warning', message, effect: NO_LOG, ...(fix !== undefined && { fix }) }
}
