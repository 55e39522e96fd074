/**
 * Health checks that are loaded when the first cluster asks for them: most proxies check nobody actively, and need not hold the code.
 */
import type { ActiveHealth, ActiveHealthOptions } from '../cluster/active-health.ts'
import type { ClusterHost } from '../cluster/cluster-host.ts'

export function loadHealthChecks(options: ActiveHealthOptions): ActiveHealth {
  let hosts: readonly ClusterHost[] = []
  let checks: ActiveHealth | undefined
  let stopped = false
  void import('./health-checks.ts').then(({ HealthChecks }) => {
    if (stopped) return
    checks = new HealthChecks(options)
    checks.update(hosts)
  })
  return {
    update(present) {
      hosts = present
      checks?.update(present)
    },
    stop() {
      stopped = true
      checks?.stop()
    },
  }
}
