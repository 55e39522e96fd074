/** What of the spans somebody asks for cannot be: providers that are not there, lead nowhere, or are not for spans. */
import type { Telemetry } from '../../api/registry.ts'
import { nearest } from '../../lib/nearest.ts'
import type { ExtensionProvider } from '../../model/extension-provider.ts'
import type { Mesh } from '../../model/mesh.ts'
import { type Diagnostic, diagnostic, type Problem } from '../diagnostic.ts'
import type { Objects } from '../objects.ts'
import { type Collector, collectorProblem } from './collector-problem.ts'

const NO_SPANS = 'its workloads make no spans'

export function checkTracing(objects: Objects, mesh: Mesh): Diagnostic[] {
  return objects.Telemetry.flatMap(object =>
    (object.spec.tracing ?? []).flatMap((rule, i) => [
      ...(rule.providers ?? []).flatMap(({ name }, j) => {
        const path = ['spec', 'tracing', i, 'providers', j]
        if (j > 0) return [told(object, path, unused(`only the first provider of a rule gets spans, "${name}" gets none`))]
        return providerProblems(name, mesh).map(problem => told(object, path, problem))
      }),
    ]),
  )
}

function told(object: Telemetry, path: readonly (string | number)[], problem: Problem): Diagnostic {
  return diagnostic(object, [...path], problem)
}

function unused(message: string): Problem {
  return { code: 'tracing-provider', level: 'warning', message }
}

function providerProblems(name: string, mesh: Mesh): Problem[] {
  const provider = mesh.settings.extensionProviders.get(name)
  if (provider === undefined) {
    const known = [...mesh.settings.extensionProviders.keys()]
    const guess = nearest(name, known)
    const message = `there is no provider "${name}": expected one of the mesh configuration's extensionProviders (${known.join(', ') || 'it has none'})`
    return [{ code: 'unknown-provider', level: 'error', message, effect: NO_SPANS, ...(guess && { fix: guess }) }]
  }
  const unfit = unfitness(name, provider)
  if (unfit !== undefined) return [unfit]
  return 'service' in provider ? serviceProblems(name, provider, mesh) : []
}

function unfitness(name: string, { kind }: ExtensionProvider): Problem | undefined {
  switch (kind) {
    case 'opentelemetry':
    case 'zipkin':
      return undefined
    case 'datadog':
    case 'skywalking':
      return {
        code: 'tracing-provider',
        level: 'warning',
        message: `provider "${name}" is of kind ${kind}, which only Envoy has`,
        effect: "workloads with mizzen's own proxy make no spans; those with Envoy do",
      }
    case 'lightstep':
    case 'opencensus':
    case 'stackdriver':
      return {
        code: 'tracing-provider',
        level: 'error',
        message: `provider "${name}" is of kind ${kind}, which Envoy no longer has: expected opentelemetry or zipkin`,
        effect: NO_SPANS,
      }
    default:
      return {
        code: 'tracing-provider',
        level: 'error',
        message: `provider "${name}" is of kind ${kind}, which takes no spans: expected opentelemetry or zipkin`,
        effect: NO_SPANS,
      }
  }
}

function serviceProblems(name: string, provider: Collector, mesh: Mesh): Problem[] {
  const overGrpc = provider.kind === 'opentelemetry' && provider.httpPath === undefined
  const expected = { what: 'spans', overGrpc, code: 'tracing-provider', effect: NO_SPANS }
  return [collectorProblem(name, provider, mesh, expected)].filter(problem => problem !== undefined)
}
