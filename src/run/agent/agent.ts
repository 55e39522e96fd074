/**
 * The agent beside an Envoy: gets the workload's certificate, gives it to Envoy by SDS, carries Envoy's configuration stream to the control plane, and runs
 * Envoy itself: starts it when the certificate is there, passes signals on, ends with it.
 */
import { spawn } from 'node:child_process'
import { readAgentConfig } from '../../identity/workload/agent-config.ts'
import { type WorkloadCertificate, WorkloadIdentity } from '../../identity/workload/workload-identity.ts'
import { systemClock } from '../../lib/clock.ts'
import { clusterAddress } from '../../proxy/config/ads.ts'
import { readBootstrap } from '../../proxy/config/bootstrap.ts'
import { stderrLog } from '../../proxy/log.ts'
import type { Bootstrap } from '../../xds/gen/envoy/config/bootstrap/v3/bootstrap.ts'
import { Node } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { SdsServer } from './sds-server.ts'
import { type FollowNames, followTrust } from './trust-stream.ts'
import { XdsRelay } from './xds-relay.ts'

export interface AgentOptions {
  /** Envoy's; its clusters `xds-grpc` and `sds-grpc` are the unix sockets to serve. */
  readonly bootstrapFile: string
  /** See agent-config.ts. */
  readonly identityFile: string
  /** Program and arguments. */
  readonly envoy: readonly [program: string, ...args: string[]]
  /** Ends Envoy when it is aborted, and nothing else does: who gives it hears signals himself. @default signals are passed on */
  readonly stop?: AbortSignal
  /** Hears the names that DNS questions are answered from. */
  readonly onNames?: FollowNames | undefined
  /** Hears of each certificate. */
  readonly onCertificate?: (certificate: WorkloadCertificate) => void
}

/** Runs until Envoy has ended. @returns the exit code @throws when the sockets cannot be served or Envoy cannot be started */
export async function runAgent(options: AgentOptions): Promise<number> {
  const { bootstrapFile, identityFile, envoy, stop, onNames, onCertificate } = options
  const { log } = stderrLog('warning')
  const config = readAgentConfig(identityFile)
  const bootstrap = await readBootstrap(bootstrapFile)
  const secrets = new SdsServer()
  let identity: WorkloadIdentity | undefined
  const first = new Promise<void>(resolve => {
    identity = new WorkloadIdentity({
      config,
      clock: systemClock,
      random: Math.random,
      onCertificate(certificate) {
        secrets.put(certificate)
        onCertificate?.(certificate)
        resolve()
      },
      onFailure: (reason, retryMs) =>
        log('warning', 'identity', `no certificate: ${reason}; tries again in ${Math.round(retryMs)} ms`),
    })
  })
  if (identity === undefined) throw new Error('Cannot run the agent: it has no identity')
  const relay = new XdsRelay(config.controlPlane, identity.credentials)
  identity.start()
  const configuration = socketOf(bootstrap, 'xds-grpc')
  await Promise.all([secrets.listen(socketOf(bootstrap, 'sds-grpc')), relay.listen(configuration), first])
  const endTrust = followTrust(configuration, Node.fromPartial(bootstrap.node ?? {}), identity, onNames)
  try {
    return await runEnvoy(envoy, stop)
  } finally {
    endTrust()
    identity.close()
    secrets.close()
    relay.close()
  }
}

function socketOf(bootstrap: Bootstrap, cluster: string): string {
  const address = clusterAddress(bootstrap, cluster)
  if ('path' in address) return address.path
  throw new Error(
    `Cannot serve cluster "${cluster}" of the bootstrap: it is ${address.host}:${address.port}, expected a unix socket`,
  )
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
/** What a shell says of a program that a signal ended. */
const SIGNALLED = 128

function runEnvoy([program, ...args]: AgentOptions['envoy'], stop: AbortSignal | undefined): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' })
  if (stop !== undefined) {
    if (stop.aborted) child.kill()
    stop.addEventListener('abort', () => child.kill())
  }
  // A group that is told to end reaches Envoy by itself; told twice, it ends all the same.
  else for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.on('error', error => reject(new Error(`Cannot run Envoy "${program}": ${error.message}`)))
    child.on('exit', (code, signal) => resolve(code ?? SIGNALLED + (signal === 'SIGKILL' ? 9 : 15)))
  })
}
