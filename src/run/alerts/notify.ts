/** Tells receivers of alerts: a line of the log, or a POST. A URL that ends in /api/v2/alerts is an Alertmanager's, which has a form of its own. */
import { conditionText } from '../../compile/mizzen/expand/prometheus-rule.ts'
import { isWildcard } from '../../model/host.ts'
import type { AlertEvent, AlertStatus } from './evaluator.ts'

export interface NotifyOptions {
  readonly tell: (text: string, tone: 'bad' | 'good') => void
  readonly post: (url: string, body: unknown) => Promise<void>
  /** Is told of every alert, besides those that the alert names: URL of an Alertmanager. @default none */
  readonly alertmanager?: string | undefined
}

const ALERTS_PATH = '/api/v2/alerts'
const ALERTMANAGER = /\/api\/v2\/alerts\/?$/

export function notifier(options: NotifyOptions): (status: AlertStatus, event: AlertEvent) => void {
  const { tell, post } = options
  const central = options.alertmanager?.replace(/\/$/, '')
  return (status, event) => {
    const { alert, value } = status
    const own = alert.receivers.flatMap(receiver => (receiver.kind === 'webhook' ? [receiver.url] : []))
    if (event !== 'reminder' && alert.receivers.some(({ kind }) => kind === 'log')) {
      const where = alert.origin.file === '' ? '' : ` (${alert.origin.file}:${alert.origin.line})`
      if (event === 'firing')
        tell(`alert ${alert.namespace}/${alert.name}: ${summaryOf(status)}${value === '' ? '' : `; ${value}`}${where}`, 'bad')
      else tell(`alert ${alert.namespace}/${alert.name} is over${status.subject === '' ? '' : ` for ${status.subject}`}`, 'good')
    }
    for (const url of new Set([...own, ...(central === undefined ? [] : [central + ALERTS_PATH])])) {
      // An Alertmanager forgets what it does not hear of again, and may have been away; others were told.
      if (event === 'reminder' && !ALERTMANAGER.test(url)) continue
      const body = ALERTMANAGER.test(url) ? [alertmanagerAlert(status, event)] : webhookBody(status, event)
      post(url, body).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error)
        tell(`Cannot tell "${url}" of alert ${alert.namespace}/${alert.name}: ${why}`, 'bad')
      })
    }
  }
}

/** "orders.shop.svc.cluster.local: more than 5 % of requests fail" */
export function summaryOf({ alert, subject }: AlertStatus): string {
  const about = subject || (isWildcard(alert.host) ? '' : alert.host)
  const says = alert.summary || conditionText(alert.condition)
  return about === '' || (alert.summary !== '' && !isWildcard(alert.host)) ? says : `${about}: ${says}`
}

function labelsOf({ alert, subject }: AlertStatus): Record<string, string> {
  const { name, namespace, severity, host, condition } = alert
  const about = subject || (isWildcard(host) ? '' : host)
  const subjectLabel = condition.kind === 'certificate-life' ? 'proxy' : 'destination_service'
  return { alertname: name, namespace, severity, ...(about !== '' && { [subjectLabel]: about }) }
}

function webhookBody(status: AlertStatus, event: AlertEvent) {
  const { alert, value, since } = status
  return {
    status: event,
    labels: labelsOf(status),
    annotations: { summary: summaryOf(status), value },
    startsAt: since === 0 ? undefined : new Date(since).toISOString(),
    source: { object: alert.origin.object, file: alert.origin.file, line: alert.origin.line },
  }
}

function alertmanagerAlert(status: AlertStatus, event: AlertEvent) {
  const now = new Date().toISOString()
  return {
    labels: labelsOf(status),
    annotations: { summary: summaryOf(status), value: status.value },
    startsAt: status.since === 0 ? now : new Date(status.since).toISOString(),
    // It is over when nobody says any more that it is not, as with a Prometheus.
    endsAt: event === 'resolved' ? now : new Date(Date.now() + LASTS_MS).toISOString(),
  }
}

const LASTS_MS = 4 * 60_000

/** A receiver that takes longer is given up. */
const POST_MS = 5000

/** @throws (rejects) when it did not take it */
export async function postJson(url: string, body: unknown): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(POST_MS) })
  await answer.body?.cancel()
  if (!answer.ok) throw new Error(`it answered ${answer.status}`)
}
