/**
 * The command line of the proxy: Envoy's flags, as far as they have a meaning here.
 */
import { parseArgs } from 'node:util'
import type { LogLevel } from './context.ts'
import { parseLogLevel } from './log.ts'

export interface ProxyFlags {
  readonly configPath: string
  /** File that tells how this process comes by an identity of its own; undefined: secrets come by SDS, if at all. */
  readonly identityPath: string | undefined
  /** File that gets the admin endpoint's address, "127.0.0.1:15000": who asked for port 0 learns the port there. */
  readonly adminAddressPath: string | undefined
  readonly logLevel: LogLevel | 'off'
  /** Milliseconds that connections of a replaced listener have to end by themselves. */
  readonly drainTimeMs: number
  /** The same for all connections, when the process is told to end. */
  readonly endTimeMs: number
  readonly drainStrategy: 'gradual' | 'immediate'
  /** How long an access log line may wait until it is written, milliseconds. */
  readonly logFlushMs: number
  /** Replace what the bootstrap says of the node. */
  readonly serviceNode: string | undefined
  readonly serviceCluster: string | undefined
}

export const USAGE = `usage: mizzen proxy -c FILE [options]
  -c, --config-path FILE            bootstrap: .pb, .json or .yaml (Envoy's Bootstrap message)
  -l, --log-level LEVEL             debug, info, warning, error, critical or off (default info, or $MIZZEN_LOG_LEVEL)
      --admin-address-path FILE     file that gets the admin endpoint's address
      --drain-time-s SECONDS        time for connections to end by themselves (default 600 where a listener is replaced,
                                    5 where the process is told to end)
      --drain-strategy STRATEGY     gradual or immediate (default gradual)
      --file-flush-interval-msec MS longest wait of an access log line (default 1000)
      --identity FILE               how to come by a certificate of the mesh (JSON): its own, in place of the SDS
                                    cluster "sds-grpc"
      --service-node ID             node id, in place of the bootstrap's
      --service-cluster NAME        node cluster, in place of the bootstrap's`

/** Envoy's default. */
const REPLACED_S = '600'
/** Istio's terminationDrainDuration: who starts and stops processes waits for them. */
const ENDING_S = '5'

/** Flags of Envoy that scripts pass, and that mean nothing to one process with one thread. */
const IGNORED = {
  'base-id': { type: 'string' },
  concurrency: { type: 'string' },
  'component-log-level': { type: 'string' },
  'disable-hot-restart': { type: 'boolean' },
  'parent-shutdown-time-s': { type: 'string' },
  'use-dynamic-base-id': { type: 'boolean' },
} as const

/** @throws with one sentence that says what is wrong */
export function parseFlags(args: readonly string[], environment: NodeJS.ProcessEnv): ProxyFlags {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      ...IGNORED,
      'admin-address-path': { type: 'string' },
      'config-path': { type: 'string', short: 'c' },
      'log-level': { type: 'string', short: 'l' },
      'drain-time-s': { type: 'string' },
      'drain-strategy': { type: 'string', default: 'gradual' },
      identity: { type: 'string' },
      'file-flush-interval-msec': { type: 'string', default: '1000' },
      'service-node': { type: 'string' },
      'service-cluster': { type: 'string' },
    },
  })
  const configPath = values['config-path']
  if (configPath === undefined) throw new Error('Cannot start the proxy: no bootstrap, expected -c FILE')
  const level = values['log-level'] ?? environment['MIZZEN_LOG_LEVEL'] ?? 'info'
  const logLevel = parseLogLevel(level)
  if (logLevel === undefined)
    throw new Error(`Cannot start the proxy: log level "${level}", expected debug, info, warning, error, critical or off`)
  const strategy = values['drain-strategy']
  if (strategy !== 'gradual' && strategy !== 'immediate')
    throw new Error(`Cannot start the proxy: --drain-strategy "${strategy}", expected gradual or immediate`)
  return {
    configPath,
    identityPath: values.identity,
    adminAddressPath: values['admin-address-path'],
    logLevel,
    drainTimeMs: 1000 * numberOf('--drain-time-s', values['drain-time-s'] ?? REPLACED_S),
    endTimeMs: 1000 * numberOf('--drain-time-s', values['drain-time-s'] ?? ENDING_S),
    drainStrategy: strategy,
    logFlushMs: numberOf('--file-flush-interval-msec', values['file-flush-interval-msec']),
    serviceNode: values['service-node'],
    serviceCluster: values['service-cluster'],
  }
}

function numberOf(flag: string, text: string): number {
  const value = Number(text)
  if (text === '' || !(value >= 0)) throw new Error(`Cannot start the proxy: ${flag} "${text}", expected a number of 0 or more`)
  return value
}
