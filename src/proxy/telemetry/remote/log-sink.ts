/** What logs to collectors need of the process, and what they are to those who log. */
import type { Clock } from '../../../lib/clock.ts'
import type { Node } from '../../../xds/gen/envoy/config/core/v3/base.ts'
import type { Clusters } from '../../cluster/cluster.ts'
import type { DecisionRecord } from '../decision-record.ts'
import type { StatsRegistry } from '../stats.ts'

export interface RemoteLogsContext {
  readonly clusters: Clusters
  readonly stats: StatsRegistry
  readonly clock: Clock
  readonly node: Node
  readonly log: (level: 'warning' | 'debug', component: string, message: string) => void
}

/** Gets each record that is logged. */
export type LogSink = (record: DecisionRecord) => void

export interface LogDestination {
  /** Sends what is gathered. */
  flush(): Promise<void>
}
