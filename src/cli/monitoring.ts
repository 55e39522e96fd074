/** `mizzen monitoring grafana|prometheus|alerts`: what Grafana and Prometheus are given so that they show and watch a mesh. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { stringify } from 'yaml'
import { compile } from '../compile/mesh.ts'
import { alertsInEffect, defaultAlertRules } from '../compile/mizzen/default-alerts.ts'
import { prometheusRule } from '../compile/mizzen/expand/prometheus-rule.ts'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
import { grafanaJson } from '../run/monitoring/grafana/dashboard.ts'
import { DASHBOARDS } from '../run/monitoring/grafana/dashboards.ts'
import { clusterScrapeConfigs, operatorObjects, rulesOf } from '../run/monitoring/prometheus-config.ts'
import { FileSource } from '../source/files/file-source.ts'
import { formatDiagnostic } from '../source/format.ts'
import { Store } from '../source/store.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen monitoring grafana [-o DIR]
       mizzen monitoring prometheus [-o scrape|operator]
       mizzen monitoring alerts [PATH...] [-o rules|operator|mizzen]

grafana      the dashboards (mesh, service, workload, control plane, performance): as files in DIR, or as ConfigMaps with the label
             grafana_dashboard, which Grafana's sidecar loads
prometheus   what finds and scrapes the pods of a cluster: scrape_configs, or PodMonitor and ServiceMonitor for the Prometheus operator
alerts       the mesh's alerts and the AlertRules in PATH: a file of rules, PrometheusRules for the operator, or the default ones as AlertRules

  -o, --output WHAT        see above
  -n, --namespace NAME     of the objects (default istio-system)
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('monitoring', args, {
    output: { type: 'string', short: 'o' },
    namespace: { type: 'string', short: 'n', default: DEFAULT_SETTINGS.rootNamespace },
  })
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [word, ...paths] = positionals
  if (word === undefined) throw new UsageError('Cannot run "mizzen monitoring": expected grafana, prometheus or alerts')
  const topic = oneOf('topic', word, ['grafana', 'prometheus', 'alerts'])
  if (topic !== 'alerts' && paths.length > 0) throw new UsageError(`Cannot use "${paths[0]}": only alerts are read from files`)
  const { output, namespace } = values
  if (topic === 'grafana') return grafana(output, namespace, io)
  if (topic === 'alerts') return alerts(paths, oneOf('output', output ?? 'rules', ['rules', 'operator', 'mizzen']), namespace, io)
  const form = oneOf('output', output ?? 'scrape', ['scrape', 'operator'])
  io.stdout.write(
    form === 'scrape'
      ? stringify({ scrape_configs: clusterScrapeConfigs() }, { lineWidth: 0 })
      : documents(operatorObjects(namespace)),
  )
  return EXIT.ok
}

function grafana(directory: string | undefined, namespace: string, io: Io): number {
  const files = Object.entries(DASHBOARDS).map(
    ([name, dashboard]) => [name, JSON.stringify(grafanaJson(dashboard), undefined, 2)] as const,
  )
  if (directory === undefined) {
    io.stdout.write(
      documents(
        files.map(([name, json]) => ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `mizzen-dashboard-${name}`, namespace, labels: { grafana_dashboard: '1' } },
          data: { [`mizzen-${name}.json`]: `${json}\n` },
        })),
      ),
    )
    return EXIT.ok
  }
  const where = path.resolve(io.cwd, directory)
  mkdirSync(where, { recursive: true })
  for (const [name, json] of files) writeFileSync(path.join(where, `mizzen-${name}.json`), `${json}\n`)
  io.stdout.write(`${files.length} dashboards are in ${directory}: import them in Grafana, or provision that directory\n`)
  return EXIT.ok
}

/** Fails when a file holds something that is not valid: half of the alerts are none. */
async function alerts(
  paths: readonly string[],
  form: 'rules' | 'operator' | 'mizzen',
  rootNamespace: string,
  io: Io,
): Promise<number> {
  if (form === 'mizzen') {
    if (paths.length > 0) throw new UsageError('Cannot write AlertRules of PATH: they are AlertRules already')
    const objects = defaultAlertRules(rootNamespace).map(({ apiVersion, kind, name, namespace, spec }) => ({
      apiVersion,
      kind,
      metadata: { name, namespace },
      spec,
    }))
    io.stdout.write(documents(objects))
    return EXIT.ok
  }
  const store = new Store()
  if (paths.length > 0) await new FileSource({ paths, cwd: io.cwd, stdin: io.stdin }, store.source()).read()
  const errors = store.diagnostics().filter(({ level }) => level === 'error')
  for (const error of errors) io.stderr.write(`${formatDiagnostic(error, { colour: false })}\n`)
  if (errors.length > 0) return EXIT.failed
  const settings = { ...DEFAULT_SETTINGS, rootNamespace }
  const inEffect = alertsInEffect(compile(store.snapshot().objects, { settings }).mesh)
  io.stdout.write(
    form === 'rules' ? stringify(rulesOf(inEffect), { lineWidth: 0 }) : documents(inEffect.map(alert => prometheusRule(alert))),
  )
  return EXIT.ok
}

function documents(objects: readonly unknown[]): string {
  return objects.map(object => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')
}
