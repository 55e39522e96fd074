/** An alert as the page shows it. */
import { conditionText } from '../../compile/mizzen/expand/prometheus-rule.ts'
import { isWildcard } from '../../model/host.ts'
import type { AlertView } from '../dashboard/parts.ts'
import type { AlertStatus } from './evaluator.ts'

export function alertView(status: AlertStatus): AlertView {
  const { alert, subject, state, since, value } = status
  const { origin } = alert
  return {
    name: `${alert.namespace}/${alert.name}`,
    severity: alert.severity,
    state,
    about: subject || (isWildcard(alert.host) ? '' : alert.host),
    summary: alert.summary || conditionText(alert.condition),
    value,
    object: origin.object,
    file: origin.file,
    line: origin.line,
    since,
  }
}
