/** An alert as the page shows it. */
import type { AlertView } from '../dashboard/parts.ts'
import type { AlertStatus } from './evaluator.ts'
import { summaryOf } from './notify.ts'

export function alertView(status: AlertStatus): AlertView {
  const { alert, state, since, value } = status
  const { origin } = alert
  return {
    name: `${alert.namespace}/${alert.name}`,
    severity: alert.severity,
    state,
    summary: value === '' ? summaryOf(status) : `${summaryOf(status)} (${value})`,
    object: origin.object,
    file: origin.file,
    line: origin.line,
    since,
  }
}
