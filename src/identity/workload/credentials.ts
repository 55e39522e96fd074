/** What a workload shows to the control plane: its certificate once it has one, and its token as long as there is one. */
import { readFileSync } from 'node:fs'
import type { ConnectionOptions } from 'node:tls'
import type { ChannelSecurity } from '../../xds/client/channel.ts'
import type { AgentConfig } from './agent-config.ts'

/** A certificate with its key and what to trust; PEM. */
export interface WorkloadCertificate {
  /** Its own first, then what leads to a root. */
  readonly chain: string
  readonly key: string
  readonly roots: string
  /** What is not trusted in spite of them; '' when nothing is revoked. */
  readonly revoked: string
  /** When it was received, and when it expires; milliseconds since the epoch. */
  readonly since: number
  readonly until: number
}

export class WorkloadCredentials implements ChannelSecurity {
  readonly #config: AgentConfig
  readonly #current: () => WorkloadCertificate | undefined
  /** Off after a failure: an authority that lost its roots refuses what the one before signed, and would take the token. */
  showsCertificate = true

  /** @param current the certificate of now, unless it has expired */
  constructor(config: AgentConfig, current: () => WorkloadCertificate | undefined) {
    this.#config = config
    this.#current = current
  }

  tls(): ConnectionOptions | undefined {
    const { controlPlane, rootsFile, serverName } = this.#config
    if (rootsFile === undefined) return undefined
    const own = this.showsCertificate ? this.#current() : undefined
    const host = serverName ?? ('host' in controlPlane ? controlPlane.host : 'localhost')
    return {
      // The file's roots are where trust began; those of the certificate's answer are newer when the roots have been replaced since.
      ca: [readOr(rootsFile, ''), this.#current()?.roots ?? ''].filter(text => text !== ''),
      servername: host,
      minVersion: 'TLSv1.2',
      ...(own && { cert: own.chain, key: own.key }),
    }
  }

  headers(): Readonly<Record<string, string>> {
    const { tokenFile } = this.#config
    const token = readOr(tokenFile, '').trim()
    return token === '' ? {} : { authorization: `Bearer ${token}` }
  }
}

/** The server says what is missing; a token that is gone is of no importance to who has a certificate. */
export function readOr(file: string | undefined, otherwise: string): string {
  if (file === undefined) return otherwise
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}
