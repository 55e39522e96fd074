/**
 * One connection through the TCP proxy: connects, tries again elsewhere if that fails, then moves bytes both ways with back-pressure, each half
 * closing on its own.
 */
import { Timer, type TimerOwner, type TimerWheel } from '../../lib/timer-wheel.ts'
import type { Host } from '../balance/host.ts'
import type { Cluster, Clusters, ConnectOwner, PendingConnect } from '../cluster/cluster.ts'
import { addressesOf, type Connection, type OpenConnection } from '../listener/connection.ts'
import { acceptTransport } from '../net/accept.ts'
import type { Transport, TransportHandler } from '../net/transport.ts'
import type { AccessLogger } from '../telemetry/access-log.ts'
import { DecisionRecord, type Side as ListenerSide } from '../telemetry/decision-record.ts'
import type { Recorder } from '../telemetry/recorder.ts'
import { Flag, type ResponseFlag } from '../telemetry/response-flags.ts'
import type { ConnectionCounts } from '../telemetry/standard/connection-counts.ts'
import type { MetricsPlan } from '../telemetry/standard/metrics-plan.ts'
import type { StandardMetrics } from '../telemetry/standard/standard-metrics.ts'
import type { ConnectionNote, ConnectionNotes, NotedConnection } from '../tracing/connection-notes.ts'
import type { Tracers } from '../tracing/tracers.ts'
import { ConnectionSpans } from './connection-spans.ts'
import { chooseTarget, type Target, type TcpSettings } from './settings.ts'
import type { TcpStats } from './tcp-stats.ts'

export interface TcpServices {
  readonly settings: TcpSettings
  readonly stats: TcpStats
  readonly accessLogs: readonly AccessLogger[]
  readonly clusters: Clusters
  readonly timers: TimerWheel
  readonly random: () => number
  readonly side: ListenerSide
  readonly recorder: Recorder
  readonly metrics: StandardMetrics
  readonly tracers: Tracers
  readonly connectionNotes: ConnectionNotes
  readonly metricsPlan: MetricsPlan | undefined
}

export class ProxiedConnection implements OpenConnection, ConnectOwner, TimerOwner, NotedConnection {
  readonly active = 1
  readonly #services: TcpServices
  readonly #connection: Connection
  readonly #closed: (ended: OpenConnection) => void
  readonly #record: DecisionRecord
  readonly #tried: Host[] = []
  #target: Target | undefined
  #cluster: Cluster | undefined
  #connecting: PendingConnect | undefined
  /** undefined until the upstream is there: the client waits unread. */
  #downstream: Transport | undefined
  #upstream: Transport | undefined
  #halvesEnded = 0
  #idle: Timer | undefined
  #lastMove = 0
  #duration: Timer | undefined
  /** undefined: not connected, or nobody counts. */
  #series: ConnectionCounts | undefined
  /** undefined: the application has not said that it uses the connection in a trace. */
  #spans: ConnectionSpans | undefined
  #endNotes: (() => void) | undefined
  #over = false

  constructor(services: TcpServices, connection: Connection, closed: (ended: OpenConnection) => void) {
    this.#services = services
    this.#connection = connection
    this.#closed = closed
    this.#record = new DecisionRecord(connection, services.side)
  }

  start(): void {
    const { stats, clusters, settings, random } = this.#services
    stats.downstream_cx_total++
    const { socket } = this.#connection
    // Until a transport listens: an error is followed by 'close', and a client that leaves while we connect cancels that.
    socket.on('error', ignore)
    socket.on('close', this.#onEarlyClose)
    const target = chooseTarget(settings.targets, random())
    this.#target = target
    this.#cluster = target && clusters.get(target.cluster)
    if (this.#cluster === undefined) {
      stats.downstream_cx_no_route++
      this.#end(Flag.NoClusterFound)
      return
    }
    this.#record.cluster = this.#cluster
    const { side, connectionNotes } = this.#services
    if (side === 'outbound') this.#endNotes = connectionNotes.watch(this.#connection.facts.directPort, this)
    this.#connect(this.#cluster)
  }

  noted(note: ConnectionNote): void {
    const { sink } = this.#services.tracers
    if (sink === undefined) return
    this.#spans ??= new ConnectionSpans(this.#record, sink)
    this.#spans.begin(note)
  }

  /** A byte stream has no good moment to end: it goes on until the drain time is over. */
  drain(): void {}

  destroy(): void {
    this.#end('')
  }

  #connect(cluster: Cluster): void {
    const { facts, originalDestination } = this.#connection
    const host = cluster.pick({
      hash: undefined,
      subset: this.#target?.subset,
      tried: this.#tried,
      previousPrioritiesFrequency: 0,
      originalDestination,
      authority: facts.serverName,
    })
    if (host === undefined) {
      this.#end(Flag.NoHealthyUpstream)
      return
    }
    this.#tried.push(host)
    const record = this.#record
    record.host = host
    record.attempts++
    record.tryStartedAt = performance.now()
    if (record.upstreamStartedAt === 0) record.upstreamStartedAt = record.tryStartedAt
    this.#connecting = cluster.connect(host, this, addressesOf(facts))
  }

  onConnected(upstream: Transport): void {
    this.#connecting = undefined
    this.#record.upstreamFirstByteAt = performance.now()
    const { metrics, metricsPlan } = this.#services
    this.#series = metrics.connection(this.#record, '', metricsPlan)
    this.#series?.open()
    const { socket } = this.#connection
    socket.off('close', this.#onEarlyClose)
    this.#record.upstreamLocalAddress = `${upstream.localAddress}:${upstream.localPort}`
    this.#upstream = upstream
    upstream.handler = new Half(this, 'upstream')
    this.#downstream = acceptTransport(socket, new Half(this, 'downstream'))
    socket.off('error', ignore)
    const { timers, settings } = this.#services
    if (settings.idleTimeoutMs > 0) {
      this.#idle = new Timer(this, 'idle')
      timers.start(this.#idle, settings.idleTimeoutMs)
    }
    if (settings.maxDurationMs > 0) {
      this.#duration = new Timer(this, 'duration')
      timers.start(this.#duration, settings.maxDurationMs)
    }
  }

  onConnectFailed(reason: 'connect-failure' | 'connect-timeout' | 'overflow', error: Error | undefined): void {
    this.#connecting = undefined
    const cluster = this.#cluster
    const host = this.#tried.at(-1)
    this.#record.transportFailure = error?.message ?? ''
    if (cluster !== undefined && host !== undefined && reason !== 'overflow') cluster.report(host, 0, 'connect-failure')
    if (reason === 'overflow') this.#end(Flag.UpstreamOverflow)
    else if (cluster !== undefined && this.#record.attempts < this.#services.settings.maxConnectAttempts) {
      this.#record.tryOver(0, this.#record.transportFailure)
      this.#connect(cluster)
    } else {
      if (this.#services.settings.maxConnectAttempts > 1) this.#record.addFlag(Flag.UpstreamRetryLimitExceeded)
      this.#end(Flag.UpstreamConnectionFailure)
    }
  }

  readonly #onEarlyClose = () => {
    this.#end(Flag.DownstreamConnectionTermination)
  }

  // What happens on either half.

  moved(from: Side, bytes: Buffer): void {
    this.#lastMove = performance.now()
    this.#spans?.moved()
    const { stats } = this.#services
    const series = this.#series
    if (from === 'downstream') {
      series?.received(bytes.length)
      this.#record.bytesReceived += bytes.length
      stats.downstream_cx_rx_bytes_total += bytes.length
    } else {
      series?.sent(bytes.length)
      this.#record.bytesSent += bytes.length
      stats.downstream_cx_tx_bytes_total += bytes.length
    }
    if (this.#side(other(from))?.write(bytes) === false) this.#side(from)?.pause()
  }

  writable(side: Side): void {
    this.#side(other(side))?.resume()
  }

  ended(side: Side): void {
    this.#halvesEnded++
    this.#side(other(side))?.end()
  }

  /** Both directions of one side are over. */
  sideClosed(side: Side, error: Error | undefined): void {
    if (error === undefined && this.#halvesEnded === 2) {
      // What is still to be sent to the other side goes out before it closes.
      if (this.#over) return
      this.#end('', false)
    } else
      this.#end(
        error === undefined
          ? ''
          : side === 'upstream'
            ? Flag.UpstreamConnectionTermination
            : Flag.DownstreamConnectionTermination,
      )
  }

  #side(side: Side): Transport | undefined {
    return side === 'upstream' ? this.#upstream : this.#downstream
  }

  onTimer(timer: Timer): void {
    const { stats, settings, timers } = this.#services
    if (timer === this.#duration) {
      stats.max_downstream_connection_duration++
      this.#end(Flag.DurationTimeout)
      return
    }
    const left = this.#lastMove + settings.idleTimeoutMs - performance.now()
    if (left > 1) timers.start(timer, left)
    else {
      stats.idle_timeout++
      this.#end('')
    }
  }

  #end(flag: ResponseFlag | '', abort = true): void {
    if (this.#over) return
    this.#over = true
    const { timers } = this.#services
    if (this.#idle !== undefined) timers.stop(this.#idle)
    if (this.#duration !== undefined) timers.stop(this.#duration)
    this.#connecting?.cancel()
    if (abort) {
      // A broken half breaks the other one too; a refused connection just closes.
      const broken = flag !== '' && this.#upstream !== undefined
      this.#upstream?.destroy(broken)
      if (this.#downstream !== undefined) this.#downstream.destroy(broken)
      else this.#connection.socket.destroy()
    }
    const record = this.#record
    if (flag !== '') record.addFlag(flag)
    record.endedAt = performance.now()
    this.#endNotes?.()
    this.#spans?.end(record.flags)
    this.#countEnd()
    for (const log of this.#services.accessLogs) log.log(record)
    this.#services.recorder.over(record)
    this.#closed(this)
  }

  /** One that never had an upstream counts as opened and closed: the two stay equal in the end. */
  #countEnd(): void {
    const { metrics, metricsPlan } = this.#services
    const series = metrics.connection(this.#record, this.#record.flags, metricsPlan)
    if (this.#series === undefined) series?.open()
    series?.close()
  }
}

type Side = 'upstream' | 'downstream'

function other(side: Side): Side {
  return side === 'upstream' ? 'downstream' : 'upstream'
}

function ignore(): void {}

class Half implements TransportHandler {
  readonly #connection: ProxiedConnection
  readonly #side: Side

  constructor(connection: ProxiedConnection, side: Side) {
    this.#connection = connection
    this.#side = side
  }

  onBytes(bytes: Buffer): void {
    this.#connection.moved(this.#side, bytes)
  }

  onEnd(): void {
    this.#connection.ended(this.#side)
  }

  onWritable(): void {
    this.#connection.writable(this.#side)
  }

  onClosed(error: Error | undefined): void {
    this.#connection.sideClosed(this.#side, error)
  }
}
