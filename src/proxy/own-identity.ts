/**
 * The identity of this process, where it has one of its own instead of an agent beside it: certificates as the secrets that Envoy would get from the
 * agent. Loaded only when the command line asks for it.
 */

import { readAgentConfig } from '../identity/workload/agent-config.ts'
import { secretsOf } from '../identity/workload/secrets.ts'
import { WorkloadIdentity } from '../identity/workload/workload-identity.ts'
import { systemClock } from '../lib/clock.ts'
import type { Secret } from '../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import type { Log } from './context.ts'

/** @param onSecret called for each secret of each new certificate @throws when the file can't be used */
export function ownIdentity(file: string, log: Log, onSecret: (secret: Secret) => void): WorkloadIdentity {
  return new WorkloadIdentity({
    config: readAgentConfig(file),
    clock: systemClock,
    random: Math.random,
    onCertificate(certificate) {
      for (const secret of secretsOf(certificate)) onSecret(secret)
      log('info', 'identity', `has a certificate until ${new Date(certificate.until).toISOString()}`)
    },
    onFailure: (reason, retryMs) =>
      log('warning', 'identity', `no certificate: ${reason}; tries again in ${Math.round(retryMs)} ms`),
  })
}
