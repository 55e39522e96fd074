/** Envoy as a pod's proxy: a process of its own, with an agent in this one that gets its certificates and carries its configuration. */
import type { WorkloadCertificate } from '../../identity/workload/credentials.ts'
import type { LogLevel } from '../../proxy/context.ts'
import { runAgent } from '../agent/agent.ts'
import type { FollowNames } from '../agent/trust-stream.ts'
import type { BootstrapFiles } from './bootstrap-files.ts'
import { localHttp } from './local-http.ts'
import type { PodEngine } from './pod-engine.ts'
import type { PodSetup } from './setup.ts'

export interface EnvoyLogLevels {
  readonly all: LogLevel | 'off'
  /** "misc:error"; '': none. */
  readonly components: string
}

export function envoyEngine(
  setup: PodSetup,
  files: BootstrapFiles,
  { all, components }: EnvoyLogLevels,
  onNames: FollowNames | undefined,
): PodEngine {
  const ending = new AbortController()
  const program: [string, ...string[]] = [
    setup.envoy,
    ...['-c', files.bootstrapFile],
    ...['--concurrency', String(setup.concurrency)],
    '--disable-hot-restart',
    ...['--log-level', all],
    ...(components === '' ? [] : ['--component-log-level', components]),
  ]
  let certificate: WorkloadCertificate | undefined
  const ended = runAgent({
    bootstrapFile: files.bootstrapFile,
    identityFile: files.identityFile,
    envoy: program,
    stop: ending.signal,
    onNames,
    onCertificate: now => {
      certificate = now
    },
  })
  const admin = (method: 'GET' | 'POST', path: string) => localHttp(method, setup.adminPort, path)
  return {
    async notReady() {
      try {
        const { status, body } = await admin('GET', '/ready')
        return status === 200 ? undefined : `Envoy is ${body.trim()}`
      } catch {
        return 'Envoy has no certificate yet, or is starting'
      }
    },
    certificate: () => certificate,
    // Connections are told to end, and are still taken: endpoints are taken out of service meanwhile.
    drain: () => void admin('POST', '/healthcheck/fail').catch(() => {}),
    async connections() {
      const { body } = await admin('GET', '/stats?filter=downstream_cx_active&usedonly')
      const counts = [...body.matchAll(/^(?:listener|http)\.(?!admin)\S*downstream_cx_active: (\d+)$/gm)].map(([, count]) =>
        Number(count),
      )
      return Math.max(0, ...counts)
    },
    stop: () => ending.abort(),
    ended,
  }
}
