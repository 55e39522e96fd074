/** Where the application's own metrics are (ISTIO_PROMETHEUS_ANNOTATIONS), and reading them. */
import { localHttp } from './local-http.ts'

export interface MetricsTarget {
  readonly port: number
  readonly path: string
}

/** Ports of the proxy: asking there would be asking ourselves. */
const OWN_PORTS: ReadonlySet<number> = new Set([15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090])

/** @param text JSON of {scrape, path, port, targets} @throws when it cannot be used */
export function metricsTargets(text: string): readonly MetricsTarget[] {
  if (text === '') return []
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    throw new Error(`Cannot merge metrics: ISTIO_PROMETHEUS_ANNOTATIONS is no JSON: ${text}`)
  }
  const fields: Readonly<Record<string, unknown>> = typeof said === 'object' && said !== null ? { ...said } : {}
  const { scrape, path, port, targets } = fields
  if (String(scrape).toLowerCase() === 'false') return []
  const more = typeof targets === 'string' ? targets.split(',').map(target => target.trim().split(':')) : []
  const all = more.length > 0 ? more : [[String(port || 80), String(path || '')]]
  return all.map(([number = '', where = '']) => {
    const target = { port: Number(number), path: where === '' ? '/metrics' : where }
    if (!(target.port > 0) || OWN_PORTS.has(target.port))
      throw new Error(`Cannot merge metrics: port "${number}" is no port of the application`)
    return target
  })
}

/** The application's, one after the other; what does not answer is left out and told. */
export async function applicationMetrics(
  targets: readonly MetricsTarget[],
  headers: Readonly<Record<string, string>>,
  onProblem: (sentence: string) => void,
): Promise<string> {
  const texts = await Promise.all(
    targets.map(async ({ port, path }) => {
      try {
        const { status, body } = await localHttp('GET', port, path, headers)
        // The end of an OpenMetrics text is not the end of all.
        if (status === 200) return body === '' ? '' : `${body.trimEnd().replace(/\n?# EOF$/, '')}\n`
        onProblem(`the application's metrics at :${port}${path} answer ${status}`)
      } catch (error) {
        onProblem(`the application's metrics at :${port}${path}: ${error instanceof Error ? error.message : String(error)}`)
      }
      return ''
    }),
  )
  return texts.join('')
}
