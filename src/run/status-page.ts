/**
 * The page of who has what: the mesh's workloads and, for each connected proxy, how its configuration stands; beside it the ADS server's own
 * /status, /debug/syncz, /ready and /metrics. Read only, on loopback.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AdsServer } from '../xds/server/ads-server.ts'
import { answerStatus } from '../xds/server/status-page.ts'

export interface StatusPage {
  readonly url: string
  close(): Promise<void>
}

export interface StatusPageOptions {
  readonly host: string
  /** The first port that is tried; 0 picks any. */
  readonly port: number
  /** What is shown of the mesh besides its proxies: any JSON; undefined where there is only a control plane. */
  readonly mesh: () => unknown
  readonly ads: AdsServer
}

/** So many ports after the first are tried. */
const NEXT = 50

/** @throws when no port is free, or the address is not this machine's */
export async function serveStatusPage(options: StatusPageOptions): Promise<StatusPage> {
  const server = http.createServer((request, response) => answer(options, request, response))
  const port = await listen(server, options.host, options.port)
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: http.Server, host: string, first: number): Promise<number> {
  for (let port = first; ; port++) {
    try {
      return await new Promise<number>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve(portOf(server.address(), port))
        })
      })
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      if (!isBusy || port >= first + NEXT) throw error
    }
  }
}

function portOf(address: AddressInfo | string | null, otherwise: number): number {
  return address !== null && typeof address === 'object' ? address.port : otherwise
}

function answer(options: StatusPageOptions, request: http.IncomingMessage, response: http.ServerResponse): void {
  if (answerStatus({ ads: options.ads }, request, response)) return
  const path = request.url?.split('?')[0]
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end()
  } else if (path === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY }).end(PAGE)
  } else if (path === '/status.json') {
    const body = JSON.stringify({ mesh: options.mesh(), proxies: options.ads.status() })
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(body)
  } else {
    response
      .writeHead(404, { 'content-type': 'text/plain' })
      .end('There is /, /status.json, /status, /debug/syncz, /ready and /metrics here.\n')
  }
}

const POLICY = "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>mizzen</title>
<style>
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; color-scheme: light dark }
  table { border-collapse: collapse; width: 100%; margin: .5rem 0 2rem }
  th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #8884; vertical-align: top }
  th { font-weight: 600 } td.number { font-variant-numeric: tabular-nums }
  .good { color: #188038 } .bad { color: #d93025 } .wait { color: #b06000 } .quiet { color: #888 }
</style>
<h1>mizzen</h1>
<p id="about" class="quiet">…</p>
<h2>Workloads</h2><table id="workloads"></table>
<h2>Proxies</h2><table id="proxies"></table>
<p class="quiet">For machines: <a href="status.json">status.json</a>, <a href="debug/syncz">debug/syncz</a>, <a href="metrics">metrics</a></p>
<script>
  const cell = (text, kind) => { const td = document.createElement('td'); td.textContent = text ?? ''; if (kind) td.className = kind; return td }
  const fill = (id, heads, rows) => {
    const head = document.createElement('tr')
    for (const text of heads) { const th = document.createElement('th'); th.textContent = text; head.append(th) }
    document.getElementById(id).replaceChildren(head, ...rows.map(cells => { const tr = document.createElement('tr'); tr.append(...cells); return tr }))
  }
  const kinds = { SYNCED: 'good', NACKED: 'bad', STALE: 'wait', 'NOT SENT': 'quiet' }
  const types = { Cluster: 'clusters', ClusterLoadAssignment: 'endpoints', Listener: 'listeners', RouteConfiguration: 'routes', Secret: 'secrets' }
  async function show() {
    const about = document.getElementById('about')
    try {
      const { mesh, proxies } = await (await fetch('status.json')).json()
      about.textContent = mesh ? mesh.directory + mesh.ingress.map(({ host, url }) => ' · ' + url + (host === '*' ? '' : ' (' + host + ')')).join('') : 'control plane'
      fill('workloads', ['namespace', 'pod', 'version', 'engine', 'state', 'restarts'], (mesh?.workloads ?? []).map(w => [
        cell(w.namespace), cell(w.name), cell(w.version), cell(w.engine),
        cell(w.phase + (w.reason ? ': ' + w.reason : ''), w.ready ? 'good' : 'wait'), cell(w.restarts, 'number')]))
      fill('proxies', ['proxy', 'engine', 'protocol', ...Object.values(types)], proxies.map(p => [
        cell(p.node.split('~')[2] || p.node), cell(p.engine + ' ' + p.version), cell(p.protocol),
        ...Object.keys(types).map(name => {
          const found = p.types.find(t => t.type.endsWith('.' + name))
          return cell(found ? found.state.toLowerCase() + (found.refusal ? ': ' + found.refusal.detail : '') : '–', found ? kinds[found.state] : 'quiet')
        })]))
    } catch { about.textContent = 'mizzen is not running any more' }
    setTimeout(show, 1000)
  }
  show()
</script>
</html>
`
