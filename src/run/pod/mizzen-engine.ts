/** mizzen's own data plane as a pod's proxy: in this very process. */
import { DataPlane } from '../../proxy/data-plane.ts'
import { parseFlags } from '../../proxy/flags.ts'
import { stderrLog } from '../../proxy/log.ts'
import { NAME_TABLE } from '../../xds/wire/type-url.ts'
import type { FollowNames } from '../agent/trust-stream.ts'
import { packageVersion } from '../installation.ts'
import type { BootstrapFiles } from './bootstrap-files.ts'
import type { PodEngine } from './pod-engine.ts'

/** After draining, what is still open gets this long, seconds. */
const LAST_MOMENT_S = '1'

/**
 * @param logLevel of the proxy
 * @param onNames hears the names that DNS questions are answered from
 * @param onFailure when it cannot start
 */
export function mizzenEngine(
  files: BootstrapFiles,
  logLevel: string,
  onNames: FollowNames | undefined,
  onFailure: (reason: string) => void,
): PodEngine {
  const flags = parseFlags(
    ['-c', files.bootstrapFile, '--identity', files.identityFile, '--log-level', logLevel, '--drain-time-s', LAST_MOMENT_S],
    {},
  )
  const plane = new DataPlane(files.bootstrap, flags, stderrLog(flags.logLevel))
  plane.node.userAgentVersionType = { $case: 'userAgentVersion', value: packageVersion() }
  if (onNames !== undefined) plane.follow(NAME_TABLE, onNames)
  // Waits for the first certificate, as long as it takes: health is told meanwhile.
  plane.start().catch(error => onFailure(error instanceof Error ? error.message : String(error)))
  return {
    async notReady() {
      if (plane.phase === 'live') return undefined
      if (plane.phase === 'draining') return 'the proxy is ending'
      return plane.controlPlane === 'connected'
        ? 'the proxy waits for its configuration'
        : 'the proxy has no certificate or no control plane yet'
    },
    certificate: () => plane.certificate,
    drain: () => plane.failHealthCheck(true),
    connections: async () => plane.listeners.connections,
    stop: () => plane.stop(),
    ended: plane.ended,
  }
}
