/** What a connection manager lends to its connections, requests and filters. */
import type { TimerWheel } from '../../lib/timer-wheel.ts'
import type { Clusters } from '../cluster/cluster.ts'
import type { Http2Stats } from '../http2/stats.ts'
import type { RouteTable } from '../route/decision.ts'
import type { Side } from '../telemetry/decision-record.ts'
import type { HttpTracing } from '../tracing/http-tracing.ts'
import type { HcmStats } from './hcm-stats.ts'
import type { HcmOptions } from './options.ts'

export interface ManagerServices {
  readonly options: HcmOptions
  readonly stats: HcmStats
  readonly http2Stats: Http2Stats
  readonly routes: RouteSource
  readonly clusters: Clusters
  /** undefined: nobody traces here. */
  readonly tracing: HttpTracing | undefined
  readonly timers: TimerWheel
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly side: Side
}

/** Where the routes are: the table of now, which an update replaces. */
export interface RouteSource {
  /** Of the RouteConfiguration that is subscribed to; undefined: the routes are part of the listener. */
  readonly name: string | undefined
  /** undefined: none has come yet. */
  readonly table: RouteTable | undefined
}
