/** The shop with a real Jaeger: a purchase is one trace through all its services, gRPC included, and every span has its parent. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../proxy/engine.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const jaeger = path.join(repository, '.tools/jaeger')
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CLIENT = 'b7ad6b7169203331'

const config = (otlp: number) => `
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    extensionProviders:
      - {name: jaeger, opentelemetry: {service: jaeger.example, port: ${otlp}}}
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: jaeger, namespace: istio-system}
spec:
  hosts: [jaeger.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{name: grpc, number: ${otlp}, protocol: GRPC}]
  endpoints: [{address: 127.0.0.1}]
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: traces, namespace: istio-system}
spec: {tracing: [{providers: [{name: jaeger}], randomSamplingPercentage: 100}]}
`

/** As Jaeger's API gives it; only what is looked at here. */
interface Trace {
  readonly spans: readonly {
    readonly spanID: string
    readonly operationName: string
    readonly processID: string
    readonly references: readonly { readonly spanID: string }[]
  }[]
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>
}

describe('the shop, traced', { skip: !existsSync(jaeger) && 'no Jaeger: scripts/fetch-jaeger.sh builds it' }, () => {
  let folder: string
  let ingress: string
  let server: ChildProcess
  let api = 0

  const mizzen = (...args: readonly string[]) =>
    execFileSync(process.execPath, [path.join(repository, 'dist/mizzen.js'), ...args], {
      cwd: repository,
      encoding: 'utf8',
      timeout: 120_000,
      env: { ...process.env, NO_COLOR: '1', XDG_STATE_HOME: path.join(folder, 'state') },
    })

  before(async () => {
    const [otlp = 0, query = 0, ...rest] = await freePorts(7)
    api = query
    const address = (flag: string, port: number | undefined) => `--${flag}=127.0.0.1:${port}`
    server = spawn(
      jaeger,
      [
        address('collector.otlp.grpc.host-port', otlp),
        address('query.http-server.host-port', query),
        address('collector.otlp.http.host-port', rest[0]),
        address('query.grpc-server.host-port', rest[1]),
        address('admin.http.host-port', rest[2]),
        address('collector.grpc-server.host-port', rest[3]),
        address('collector.http-server.host-port', rest[4]),
      ],
      { stdio: 'ignore' },
    )
    // Inside the repository: the shop's programs find their packages as they do in examples/.
    mkdirSync(path.join(repository, 'build'), { recursive: true })
    folder = mkdtempSync(path.join(repository, 'build/test-jaeger-'))
    cpSync(path.join(repository, 'examples/shop'), path.join(folder, 'shop'), { recursive: true })
    writeFileSync(path.join(folder, 'shop/tracing.yaml'), config(otlp))
    const printed = mizzen('up', path.join(folder, 'shop'), '--detach', '--timeout', '100s')
    ingress = /The shop is open: +(http:\S+)/.exec(printed)?.[1] ?? ''
  })
  after(() => {
    mizzen('down', path.join(folder, 'shop'))
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const post = async (url: string, body: unknown, headers = {}) => {
    const answer = await fetch(ingress + url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
    assert.equal(answer.status, 200, await answer.text())
  }

  it('gives one trace for a purchase, in which every span has its parent', async () => {
    await post('/api/cart', { cart: 'traced', product: 'rope' })
    await post('/api/orders', { cart: 'traced', currency: 'NOK' }, { traceparent: `00-${TRACE}-${CLIENT}-01` })
    const { spans, processes } = await traced()
    const services = [...new Set(spans.map(span => processes[span.processID]?.serviceName))].sort()
    assert.deepEqual(services, [
      'cart.shop',
      'catalog.shop',
      'istio-ingressgateway.istio-system',
      'orders.shop',
      'payments.shop',
      'storefront.shop',
    ])
    const known = new Set([CLIENT, ...spans.map(span => span.spanID)])
    assert.ok(
      spans.every(({ references }) => known.has(references[0]?.spanID ?? '')),
      'every parent is there',
    )
    const names = spans.map(span => span.operationName)
    assert.ok(names.includes('payments.shop.svc.cluster.local:50051/*'), 'gRPC is there')
    // The cart keeps one connection to the cache, which speaks a protocol of its own; its program knows nothing of traces.
    assert.ok(names.includes('cache.shop.svc.cluster.local tcp'), 'the connection of bytes is there')
    // The program says nothing of the trace on this call: what is loaded into it does.
    assert.ok(names.includes('api.exchange.example:80/*'), 'the outside service is there')
  })

  /** Once nothing more comes. */
  async function traced(): Promise<Trace> {
    let before = -1
    for (let attempt = 0; attempt < 40; attempt++) {
      await sleep(1500)
      const answer = await fetch(`http://127.0.0.1:${api}/api/traces/${TRACE}`)
      const { data } = (await answer.json()) as { data: readonly Trace[] | null }
      const trace = data?.[0]
      if (trace && trace.spans.length === before) return trace
      before = trace?.spans.length ?? -1
    }
    throw new Error('Jaeger has no trace of the purchase after a minute')
  }
})
