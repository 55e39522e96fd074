/**
 * The shop with the real Prometheus and the real Alertmanager: everything is scraped, every panel of every dashboard has data, and an alert arrives,
 * by either of the two ways. What is empty in a mesh that is well is shown to have data when something breaks.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { DASHBOARDS } from '../../src/run/monitoring/grafana/dashboards.ts'
import { freePorts } from '../proxy/engine.ts'
import { Alertmanager, PROMETHEUS_MISSING, promtool, query } from './prometheus.ts'

const repository = path.resolve(import.meta.dirname, '../..')

/** A health check that fails, an endpoint where nobody listens and that is ejected for it, configuration that proxies refuse, and an alert that fires soon. */
const BROKEN = `
apiVersion: mizzen.dev/v1alpha1
kind: AlertRule
metadata: {name: catalog-fails, namespace: shop}
spec: {host: catalog, errorRate: {above: 5}, window: 30s, for: 1s, severity: Critical}
---
apiVersion: mizzen.dev/v1alpha1
kind: HealthCheck
metadata: {name: reviews, namespace: shop}
spec: {host: reviews, interval: 1s, unhealthyThreshold: 1, http: {path: /nothing-is-here}}
---
apiVersion: mizzen.dev/v1alpha1
kind: CircuitBreaker
metadata: {name: exchange, namespace: shop}
spec: {host: api.exchange.example, consecutiveErrors: 1, interval: 1s, halfOpen: {after: 300s}, maxEjectionPercent: 100}
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: refused, namespace: shop}
spec:
  workloadSelector: {labels: {app: cart}}
  configPatches:
    - applyTo: HTTP_FILTER
      match: {listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager}}}}
      patch:
        operation: INSERT_BEFORE
        value:
          name: unknown
          typed_config:
            "@type": type.googleapis.com/udpa.type.v1.TypedStruct
            type_url: type.googleapis.com/example.Unknown
            value: {}
`

interface AlertsOfPage {
  readonly alerts: readonly { readonly name: string; readonly state: string }[]
}

describe('the shop, watched by Prometheus', { skip: PROMETHEUS_MISSING }, () => {
  let folder: string
  let shop: string
  let prometheus = ''
  let ingress = ''
  let dashboard = ''
  let alertmanager: Alertmanager

  const mizzen = (...args: readonly string[]) =>
    execFileSync(process.execPath, [path.join(repository, 'dist/mizzen.js'), ...args], {
      cwd: repository,
      encoding: 'utf8',
      timeout: 150_000,
      env: { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: path.join(folder, 'state') },
    })
  const until = async <T>(what: string, look: () => Promise<T>, good: (found: T) => boolean, seconds = 90): Promise<T> => {
    for (const end = Date.now() + seconds * 1000; ; await sleep(1000)) {
      const found = await look()
      if (good(found)) return found
      assert.ok(Date.now() < end, `${what}: ${JSON.stringify(found)}`)
    }
  }
  const edit = (file: string, change: (text: string) => string) => {
    const before = readFileSync(path.join(shop, file), 'utf8')
    assert.notEqual(change(before), before)
    writeFileSync(path.join(shop, file), change(before))
  }
  const post = async (url: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    await (await fetch(ingress + url, { method: 'POST', body: JSON.stringify(body), headers })).arrayBuffer()
  }
  const buy = async () => {
    await post('/api/cart', { cart: 'watched', product: 'rope' })
    await post('/api/orders', { cart: 'watched', currency: 'NOK' })
  }

  before(async () => {
    const [port = 0] = await freePorts(1)
    // Inside the repository: the shop's programs find their packages as they do in examples/.
    mkdirSync(path.join(repository, 'build'), { recursive: true })
    folder = mkdtempSync(path.join(repository, 'build/prom-'))
    shop = path.join(folder, 'shop')
    cpSync(path.join(repository, 'examples/shop'), shop, { recursive: true })
    alertmanager = new Alertmanager(port, folder)
    const printed = mizzen(
      'up',
      shop,
      '--detach',
      '--timeout',
      '120s',
      '--with',
      'prometheus',
      '--alertmanager',
      alertmanager.url,
    )
    prometheus = /prometheus +(http:\S+)/.exec(printed)?.[1] ?? ''
    ingress = /The shop is open: +(http:\S+)/.exec(printed)?.[1] ?? ''
    dashboard = /dashboard +(http:\S+)/.exec(printed)?.[1] ?? ''
    assert.notEqual(prometheus, '', printed)
  })
  after(async () => {
    mizzen('down', shop)
    await alertmanager.close()
    const gone = await fetch(`${prometheus}/-/ready`).then(
      () => false,
      () => true,
    )
    rmSync(folder, { recursive: true, force: true })
    assert.ok(gone, 'Prometheus ended with the mesh')
  })

  it('finds and scrapes every proxy and the control plane', async () => {
    const { workloads } = JSON.parse(mizzen('ps', shop, '-o', 'json'))
    const proxies = workloads.filter(({ proxyPid }: { proxyPid: number | null }) => proxyPid !== null).length
    await until(
      'targets that are up',
      async () =>
        Object.fromEntries(
          (await query(prometheus, 'sum by (job) (up)')).map(({ metric, value }) => [metric['job'], Number(value[1])]),
        ),
      ups => ups['mizzen-proxies'] === proxies && ups['mizzen-control-plane'] === 1,
    )
  })

  /** As somebody asks who has chosen nothing. */
  const asked = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$\w+/g, '.*')
  const panels = Object.entries(DASHBOARDS).flatMap(([name, { rows }]) =>
    rows.flatMap(row =>
      row.panels.flatMap(({ title, emptyWhenHealthy, queries }) =>
        queries.map(({ expr }) => ({ name: `${name} / ${row.title} / ${title}`, emptyWhenHealthy, expr: asked(expr) })),
      ),
    ),
  )
  /** Those that have had data. */
  const seen = new Set<string>()
  const stillEmpty = async (some: typeof panels) => {
    const left = some.filter(({ name, expr }) => !seen.has(name + expr))
    for (const { name, expr } of left) if ((await query(prometheus, expr)).length > 0) seen.add(name + expr)
    return left.filter(({ name, expr }) => !seen.has(name + expr)).map(({ name, expr }) => `${name}: ${expr}`)
  }

  it('has data for every panel that a mesh fills which is well', async () => {
    await until(
      'empty panels',
      async () => {
        await buy()
        return stillEmpty(panels.filter(({ emptyWhenHealthy }) => emptyWhenHealthy === undefined))
      },
      empty => empty.length === 0,
    )
  })

  it('has data for the others when something breaks, and the alert reaches the Alertmanager', async () => {
    writeFileSync(path.join(shop, 'broken.yaml'), BROKEN)
    edit('exchange.yaml', text =>
      text.replace(
        / {2}workloadSelector:\n {4}labels:\n {6}app: exchange\n/,
        '  endpoints:\n    - address: 127.0.0.9\n      ports:\n        http: 9\n',
      ),
    )
    const states = ['ejected', 'failing_health_check'].map(state => `mizzen_service_endpoints{state="${state}"} > 0`)
    for (const expr of states) {
      await until(
        expr,
        async () => {
          await buy()
          return query(prometheus, expr)
        },
        found => found.length > 0,
      )
    }
    // The service's page says who ejects it.
    const service = await (await fetch(`${dashboard}/api/service?host=api.exchange.example`)).text()
    assert.match(service, /"health":"ejected by shop\/orders-0"/)
    // Everybody is sent to a version that does not run.
    edit('catalog.yaml', text =>
      text
        .replace(/(name: catalog-v2[\s\S]*?replicas:) 1/, '$1 0')
        .replace('weight: 90', 'weight: 0')
        .replace('weight: 10', 'weight: 100'),
    )
    await until(
      'panels that stay empty although the mesh is broken',
      async () => {
        await buy()
        return stillEmpty(panels.filter(({ emptyWhenHealthy }) => emptyWhenHealthy !== undefined))
      },
      empty => empty.length === 0,
    )
    const told = await until(
      'alerts of the Alertmanager',
      () => alertmanager.alerts(),
      found => found.some(({ labels }) => labels['alertname'] === 'catalog-fails'),
    )
    const alert = told.find(({ labels }) => labels['alertname'] === 'catalog-fails')
    assert.equal(alert?.labels['destination_service'], 'catalog.shop.svc.cluster.local')
    assert.equal(alert?.labels['severity'], 'critical')
    // The page says the same, by the evaluator of its own.
    await until(
      'alerts of the page',
      async (): Promise<AlertsOfPage> => (await fetch(`${dashboard}/api/alerts`)).json() as Promise<AlertsOfPage>,
      ({ alerts }) => alerts.some(({ name, state }) => name === 'shop/catalog-fails' && state === 'firing'),
    )
  })
})

describe('what Prometheus is given', { skip: PROMETHEUS_MISSING }, () => {
  let folder: string
  before(() => {
    mkdirSync(path.join(repository, 'build'), { recursive: true })
    folder = mkdtempSync(path.join(repository, 'build/promtool-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const run = (...args: readonly string[]) => {
    const command = [path.join(repository, 'src/cli/main.ts'), 'monitoring', ...args]
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8', cwd: repository })
    assert.equal(status, 0, stderr)
    return stdout
  }
  const judge = (text: string, ...command: readonly string[]) => {
    const file = path.join(folder, 'judged.yml')
    writeFileSync(file, text)
    return promtool(...command, file)
  }

  it('mizzen monitoring alerts prints rules that promtool accepts, those of files too', () => {
    assert.match(judge(run('alerts', 'examples/kinds/alert-rule.yaml'), 'check', 'rules'), /SUCCESS: 8 rules found/)
  })

  it('mizzen monitoring prometheus prints a configuration that promtool accepts', () => {
    // Debian's is built without Kubernetes' service discovery.
    const text = run('prometheus').replace(/kubernetes_sd_configs:\n +- role: pod/, 'static_configs: []')
    assert.match(text, /static_configs/)
    assert.match(judge(text, 'check', 'config', '--syntax-only'), /SUCCESS/)
  })

  it('the configurations of docs/prometheus.md are accepted too', () => {
    const page = readFileSync(path.join(repository, 'docs/prometheus.md'), 'utf8')
    const configs = [...page.matchAll(/^```yml\n(.*?)^```$/gms)].map(([, text = '']) => text)
    assert.ok(configs.length > 0)
    for (const text of configs) assert.match(judge(text, 'check', 'config', '--syntax-only'), /SUCCESS/)
  })
})
