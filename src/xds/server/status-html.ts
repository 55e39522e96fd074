/**
 * Who has what, as a page that a person can read: one row for each proxy, and below it what it refused, in its own words.
 */
import type { ProxyStatus, TypeStatus } from './proxy-status.ts'
import { typeLabel } from './type-label.ts'

const COLUMNS = ['CDS', 'EDS', 'LDS', 'RDS', 'SDS']

/** @param now milliseconds since the epoch, for the ages */
export function statusHtml(proxies: readonly ProxyStatus[], now: number): string {
  const rows = [...proxies].sort((a, b) => (a.node < b.node ? -1 : 1)).map(proxy => row(proxy, now))
  const summary = `${proxies.length} ${proxies.length === 1 ? 'proxy' : 'proxies'} connected, ${proxies.filter(isSynced).length} in sync`
  const heads = ['Proxy', 'Engine', 'Address', 'Connected', ...COLUMNS].map(head => `<th scope="col">${head}</th>`).join('')
  const body = rows.length > 0 ? rows.join('') : `<tr><td colspan="${COLUMNS.length + 4}">No proxy is connected.</td></tr>`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="2">
<title>mizzen: proxies</title>
<style>${STYLE}</style>
</head>
<body>
<h1>Proxies</h1>
<p>${summary}. The same as JSON: <a href="/debug/syncz">/debug/syncz</a></p>
<table>
<thead><tr>${heads}</tr></thead>
<tbody>${body}</tbody>
</table>
</body>
</html>
`
}

const STYLE = `
body { font: 14px/1.5 system-ui, sans-serif; margin: 2rem; color: #1c2430; background: #fff }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #dfe4ea; vertical-align: top }
.SYNCED { color: #17653a } .STALE { color: #8a5a00 } .NACKED { color: #b3261e; font-weight: 600 } .NOT { color: #667 }
.refusal td { border-left: 3px solid #b3261e; padding-left: .75rem; white-space: pre-wrap; font-family: ui-monospace, monospace }
@media (prefers-color-scheme: dark) {
  body { color: #e4e8ee; background: #14181e } th, td { border-color: #333b46 } a { color: #8ab4f8 }
  .SYNCED { color: #6fcf97 } .STALE { color: #f2c14e } .NACKED { color: #ff8a80 } .NOT { color: #99a }
}
`

function row(proxy: ProxyStatus, now: number): string {
  const states = COLUMNS.map(column => {
    const type = proxy.types.find(candidate => typeLabel(candidate.type) === column)
    return type ? `<td class="${type.state}" title="${escaped(mark(type))}">${type.state}</td>` : '<td></td>'
  })
  const cells = [proxy.node, `${proxy.engine} ${proxy.version} (${proxy.protocol})`, proxy.address, age(now - proxy.connectedAt)]
  const refusals = proxy.types.flatMap(type => (type.refusal ? [refusal(type, type.refusal.detail)] : []))
  return `<tr>${cells.map(cell => `<td>${escaped(cell)}</td>`).join('')}${states.join('')}</tr>${refusals.join('')}`
}

function refusal(type: TypeStatus, detail: string): string {
  const what = type.refused.length > 0 ? `${type.refused.join(', ')}\n` : ''
  return `<tr class="refusal"><td colspan="${COLUMNS.length + 4}">${typeLabel(type.type)} refused: ${escaped(what + detail)}</td></tr>`
}

function mark(type: TypeStatus): string {
  const { sent, acked } = type
  return `sent ${sent ? `${sent.version} (${sent.nonce})` : 'nothing'}, accepted ${acked ? `${acked.version} (${acked.nonce})` : 'nothing'}`
}

function isSynced(proxy: ProxyStatus): boolean {
  return proxy.types.every(({ state }) => state === 'SYNCED' || state === 'NOT SENT')
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** Node ids and error details are written by whoever connects. */
function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`)
}
