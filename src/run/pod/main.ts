/** Entry of a pod's proxy: `node pod.js sidecar|router ARGUMENTS`, what `mizzen proxy sidecar` becomes. */
import path from 'node:path'
import { systemClock } from '../../lib/clock.ts'
import { peerFieldsOfNode } from '../../lib/peer-fields.ts'
import { stderrLog } from '../../proxy/log.ts'
import { withStandardMetrics } from '../agent/envoy-metrics.ts'
import type { FollowNames } from '../agent/trust-stream.ts'
import { nodeOf } from '../bootstrap.ts'
import { AppProber } from './app-prober.ts'
import { applicationMetrics, metricsTargets } from './application-metrics.ts'
import { parsePodArguments, USAGE } from './arguments.ts'
import { MOUNTS, type Mounts, optionsOf, writeBootstrap } from './bootstrap-files.ts'
import type { PodDns } from './dns.ts'
import { readDownward } from './downward.ts'
import { localHttp } from './local-http.ts'
import { mizzenEngine } from './mizzen-engine.ts'
import { Observer } from './observer.ts'
import type { PodEngine } from './pod-engine.ts'
import { type Environment, type PodSetup, podSetup } from './setup.ts'
import { StatusServer } from './status-server.ts'
import { Termination } from './termination.ts'

const HEALTH_PORT = 15_021
const METRICS_PORT = 15_090

/** Runs until the pod ends. @returns the exit code */
export async function main(args: readonly string[], env: Environment, mounts: Mounts = mountsOf(env)): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(USAGE)
    return 0
  }
  try {
    return await runPod(args, env, mounts)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function runPod(args: readonly string[], env: Environment, mounts: Mounts): Promise<number> {
  const parsed = parsePodArguments(args)
  const setup = podSetup(parsed, env, readDownward(path.join(mounts.podInfo, 'annotations')))
  const { log } = stderrLog(parsed.agentLogLevel)
  for (const sentence of parsed.unused) log('warning', 'pod', sentence)
  // One broken connection must not take all others down.
  process.on('uncaughtException', error =>
    log('critical', 'pod', `Unexpected error, the process goes on: ${error.stack ?? error.message}`),
  )
  const prober = new AppProber(
    setup.probers,
    setup.probesLocalhost ? 'localhost' : (setup.addresses[0] ?? '127.0.0.1'),
    systemClock,
  )
  const own = peerFieldsOfNode(nodeOf(optionsOf(setup, mounts).identity).metadata)
  const targets = metricsTargets(setup.applicationMetrics)
  const dns = setup.metadata['DNS_CAPTURE'] === 'true' ? await startDns(log) : undefined
  const engine = await startEngine(setup, mounts, parsed, log, dns?.onNames)
  const termination = new Termination(engine, setup, systemClock)
  const end = () => {
    status.ending = true
    log(
      'info',
      'pod',
      `ends; ${setup.exitOnZeroConnections ? 'when nobody is connected' : `in ${setup.terminationDrainMs / 1000} s`}`,
    )
    termination.begin()
  }
  const status: StatusServer = new StatusServer({
    notReady: () => engine.notReady(),
    prober,
    proxyMetrics: async () => withStandardMetrics((await localHttp('GET', setup.adminPort, '/stats/prometheus')).body, own),
    applicationMetrics: failed =>
      applicationMetrics(targets, {}, sentence => {
        failed()
        log('warning', 'metrics', sentence)
      }),
    drain() {
      log('info', 'pod', 'drains')
      termination.drain()
    },
    quit: end,
    observer: new Observer(setup.adminPort, () => engine.certificate()),
  })
  process.on('SIGTERM', end)
  process.on('SIGINT', end)
  const port = (name: string, standard: number) => Number(env[name] ?? standard)
  await Promise.all([
    ...(setup.statusPort > 0 ? [status.listen('status', setup.statusPort)] : []),
    status.listen('health', port('ENVOY_STATUS_PORT', HEALTH_PORT)),
    ...(setup.agentOnly ? [] : [status.listen('metrics', port('ENVOY_PROMETHEUS_PORT', METRICS_PORT))]),
  ])
  const code = await engine.ended
  dns?.close()
  status.close()
  log('info', 'pod', 'has ended')
  return code
}

type Log = ReturnType<typeof stderrLog>['log']

/** Where capture leads questions. */
const DNS_PORT = 15_053

async function startDns(log: Log): Promise<PodDns> {
  const { answerDns, systemResolver } = await import('./dns.ts')
  return answerDns(DNS_PORT, systemResolver(), log)
}

async function startEngine(
  setup: PodSetup,
  mounts: Mounts,
  { logLevel, componentLogLevel }: ReturnType<typeof parsePodArguments>,
  log: Log,
  onNames: FollowNames | undefined,
): Promise<PodEngine> {
  if (setup.agentOnly) return (await import('./agent-engine.ts')).agentEngine(setup, mounts, log)
  // Its inbound listener would have to be a transparent socket, which neither engine is told to open yet: connections would be lost.
  if (setup.interception === 'TPROXY')
    throw new Error('Cannot run the proxy with interceptionMode TPROXY: it does not take such connections yet, expected REDIRECT')
  const files = writeBootstrap(setup, mounts)
  if (setup.engine === 'envoy')
    return (await import('./envoy-engine.ts')).envoyEngine(
      setup,
      files,
      { all: logLevel, components: componentLogLevel },
      onNames,
    )
  return mizzenEngine(files, logLevel, onNames, reason => {
    log('critical', 'pod', reason)
    process.exit(1)
  })
}

/** For tests and for those whose files lie elsewhere. */
function mountsOf(env: Environment): Mounts {
  return {
    podInfo: env['POD_INFO_DIR'] ?? MOUNTS.podInfo,
    tokenFile: env['JWT_TOKEN_FILE'] ?? MOUNTS.tokenFile,
    rootsFile: env['CA_ROOT_CA'] ?? MOUNTS.rootsFile,
    revocationsFile: env['CA_CRL'] ?? MOUNTS.revocationsFile,
  }
}

if (import.meta.main) process.exit(await main(process.argv.slice(2), process.env))
