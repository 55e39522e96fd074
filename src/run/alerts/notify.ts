/** Tells receivers of alerts: a line of the log, or a POST. A URL that ends in /api/v2/alerts is an Alertmanager's, which has a form of its own. */
import { conditionText } from '../../compile/mizzen/expand/prometheus-rule.ts'
import type { AlertStatus } from './evaluator.ts'

export interface NotifyOptions {
  readonly tell: (text: string, tone: 'bad' | 'good') => void
  readonly post: (url: string, body: unknown) => Promise<void>
}

const ALERTMANAGER = /\/api\/v2\/alerts\/?$/

export function notifier({ tell, post }: NotifyOptions): (status: AlertStatus, event: 'firing' | 'resolved') => void {
  return (status, event) => {
    const { alert, value } = status
    for (const receiver of alert.receivers) {
      if (receiver.kind === 'log') {
        const where = alert.origin.file === '' ? '' : ` (${alert.origin.file}:${alert.origin.line})`
        if (event === 'firing') tell(`alert ${alert.namespace}/${alert.name}: ${summaryOf(status)}; ${value}${where}`, 'bad')
        else tell(`alert ${alert.namespace}/${alert.name} is over`, 'good')
        continue
      }
      const body = ALERTMANAGER.test(receiver.url) ? [alertmanagerAlert(status, event)] : webhookBody(status, event)
      post(receiver.url, body).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        tell(`Cannot tell "${receiver.url}" of alert ${alert.namespace}/${alert.name}: ${why}`, 'bad')
      })
    }
  }
}

export function summaryOf({ alert }: AlertStatus): string {
  return alert.summary || `${alert.host}: ${conditionText(alert.condition)}`
}

function labelsOf({ alert }: AlertStatus): Record<string, string> {
  const { name, namespace, severity, host } = alert
  return { alertname: name, namespace, severity, destination_service: host }
}

function webhookBody(status: AlertStatus, event: 'firing' | 'resolved') {
  const { alert, value, since } = status
  return {
    status: event,
    labels: labelsOf(status),
    annotations: { summary: summaryOf(status), value },
    startsAt: since === 0 ? undefined : new Date(since).toISOString(),
    source: { object: alert.origin.object, file: alert.origin.file, line: alert.origin.line },
  }
}

function alertmanagerAlert(status: AlertStatus, event: 'firing' | 'resolved') {
  const now = new Date().toISOString()
  return {
    labels: labelsOf(status),
    annotations: { summary: summaryOf(status), value: status.value },
    startsAt: status.since === 0 ? now : new Date(status.since).toISOString(),
    // Without an end it would resolve by itself after the Alertmanager's resolve_timeout.
    endsAt: event === 'resolved' ? now : new Date(Date.now() + LASTS_MS).toISOString(),
  }
}

const LASTS_MS = 24 * 3_600_000

/** A receiver that takes longer is given up. */
const POST_MS = 5000

/** @throws (rejects) when it did not take it */
export async function postJson(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(POST_MS) })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
}
