/**
 * One scrape for application and proxy: the pod's prometheus.io annotations lead to the proxy, which is told where the application's metrics are
 * and serves both.
 */
import { annotationsOf, findProxy, type Pod, replaceContainer, withAnnotations } from './pod.ts'

const MERGE = 'prometheus.istio.io/merge-metrics'
const TARGETS = 'prometheus.istio.io/scrape-targets'

interface Names {
  readonly scrape: string | undefined
  readonly port: string | undefined
  readonly path: string | undefined
}

/** Under which names the pod says it: to Prometheus "prometheus.io/port" and "prometheus_io_port" are the same. */
export function prometheusNames(pod: Pod): Names {
  const named = (name: string) =>
    Object.keys(annotationsOf(pod)).find(each => each.replaceAll(/[^A-Za-z0-9_]/g, '_') === `prometheus_io_${name}`)
  return { scrape: named('scrape'), port: named('port'), path: named('path') }
}

/** @param merges what the mesh says (enablePrometheusMerge) @param port where the proxy serves both */
export function mergePrometheus(pod: Pod, merges: boolean, port: number): Pod {
  const annotations = annotationsOf(pod)
  const names = prometheusNames(pod)
  const said = (name: string | undefined) => (name === undefined ? '' : (annotations[name] ?? ''))
  const scrape = said(names.scrape)
  const own = annotations[MERGE]
  const wanted = own === undefined ? merges : isTrue(own)
  if (!wanted || isFalse(scrape) || said(names.port) === String(port)) return pod
  const targets = annotations[TARGETS]
  const application = { scrape, path: said(names.path), port: said(names.port), ...(targets && { targets }) }
  const proxy = findProxy(pod)
  const tells = proxy !== undefined && Object.values(application).some(value => value !== '')
  const told = tells
    ? replaceContainer(pod, proxy.name, each => ({
        ...each,
        env: [...(each.env ?? []), { name: 'ISTIO_PROMETHEUS_ANNOTATIONS', value: JSON.stringify(application) }],
      }))
    : pod
  const cleared = Object.values(names).filter(name => name !== undefined)
  return withAnnotations(told, {
    ...Object.fromEntries(cleared.map(name => [name, undefined])),
    'prometheus.io/port': String(port),
    'prometheus.io/path': '/stats/prometheus',
    'prometheus.io/scrape': 'true',
  })
}

/** As Go's strconv.ParseBool reads them. */
const isTrue = (text: string) => /^(1|t|T|TRUE|true|True)$/.test(text)
const isFalse = (text: string) => /^(0|f|F|FALSE|false|False)$/.test(text)
