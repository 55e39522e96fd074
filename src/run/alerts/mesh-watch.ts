/** Looks at a running mesh: what its proxies count and how they are, and the alerts that are rules over that. */
import { alertsInEffect } from '../../compile/mizzen/default-alerts.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Mesh } from '../../model/mesh.ts'
import type { ProxyStatus } from '../../xds/server/proxy-status.ts'
import type { AlertView } from '../dashboard/parts.ts'
import { Collector } from '../observe/collector.ts'
import { type MeshHealth, meshHealth } from '../observe/mesh-health.ts'
import type { ObservedProxy } from '../observe/observed-proxy.ts'
import { AlertEvaluator } from './evaluator.ts'
import { notifier, postJson } from './notify.ts'
import { alertView } from './view.ts'

export interface MeshWatchOptions {
  readonly clock: Clock
  readonly mesh: () => Mesh
  readonly statuses: () => readonly ProxyStatus[]
  readonly proxies: () => readonly ObservedProxy[]
  /** Whether this process tells of alerts; of several replicas one does. @default always */
  readonly tells?: () => boolean
  /** See NotifyOptions. */
  readonly alertmanager?: string | undefined
  readonly tell: (text: string, tone: 'bad' | 'good') => void
}

export class MeshWatch {
  readonly collector: Collector
  readonly #options: MeshWatchOptions
  readonly #evaluator: AlertEvaluator

  constructor(options: MeshWatchOptions) {
    const { clock, proxies, mesh, tell, alertmanager, tells = () => true } = options
    this.#options = options
    this.collector = new Collector({ clock, proxies, isNeeded: tells })
    const notify = notifier({ tell, post: postJson, alertmanager })
    this.#evaluator = new AlertEvaluator({
      clock,
      alerts: () => alertsInEffect(mesh()),
      window: ms => this.collector.history.window(ms),
      health: () => this.health,
      notify: (status, event) => {
        if (tells()) notify(status, event)
      },
    })
    this.#evaluator.start()
  }

  get health(): MeshHealth {
    const { mesh, statuses } = this.#options
    return meshHealth(mesh(), statuses(), this.collector.health)
  }

  alerts(): AlertView[] {
    return this.#evaluator.snapshot().map(alertView)
  }

  close(): void {
    this.#evaluator.close()
    this.collector.close()
  }
}
