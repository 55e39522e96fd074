/**
 * What a workload's side of the identity needs to know, in a file of JSON that whoever starts the workload writes: where the control plane is, how to
 * know it, and where the workload's own token is. It holds no secret itself.
 */
import { readFileSync } from 'node:fs'
import type { ServerAddress } from '../../xds/client/client.ts'
import type { KeyType } from './signing.ts'

export interface AgentConfig {
  /** The control plane: configuration and certificates. */
  readonly controlPlane: ServerAddress
  /** PEM of what the control plane's certificate is verified by; undefined: plaintext, for a unix socket. */
  readonly rootsFile?: string
  /** PEM of what is no longer trusted; looked at again now and then. @default nothing is revoked */
  readonly revocationsFile?: string
  /** Name in the control plane's certificate. @default the host of its address */
  readonly serverName?: string
  /** Read anew for each call, as tokens are replaced. */
  readonly tokenFile?: string
  /** @default 'ecdsa-p256' */
  readonly keyType?: KeyType
  /** Life of the certificate to ask for, seconds (Istio's SECRET_TTL). @default what the authority gives */
  readonly certificateSeconds?: number
}

/** @throws naming the file and the field */
export function readAgentConfig(file: string): AgentConfig {
  try {
    return checked(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new Error(
      `Cannot read the identity's configuration "${file}": ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

function checked(value: unknown): AgentConfig {
  if (!isRecord(value)) throw new Error('expected an object')
  const { rootsFile, revocationsFile, serverName, tokenFile, keyType, certificateSeconds } = value
  if (keyType !== undefined && keyType !== 'ecdsa-p256' && keyType !== 'rsa-2048')
    throw new Error(`"keyType" is ${JSON.stringify(keyType)}, expected "ecdsa-p256" or "rsa-2048"`)
  if (certificateSeconds !== undefined && !(typeof certificateSeconds === 'number' && certificateSeconds > 0))
    throw new Error(`"certificateSeconds" is ${JSON.stringify(certificateSeconds)}, expected a positive number`)
  return {
    controlPlane: address(value['controlPlane']),
    ...text('rootsFile', rootsFile),
    ...text('revocationsFile', revocationsFile),
    ...text('serverName', serverName),
    ...text('tokenFile', tokenFile),
    ...(keyType && { keyType }),
    ...(certificateSeconds && { certificateSeconds }),
  }
}

function address(value: unknown): ServerAddress {
  if (isRecord(value)) {
    const { path, host, port } = value
    if (typeof path === 'string') return { path }
    if (typeof host === 'string' && typeof port === 'number') return { host, port }
  }
  throw new Error('"controlPlane" has neither a "path" nor a "host" and a "port"')
}

function text<F extends string>(field: F, value: unknown): { readonly [K in F]?: string } {
  if (value === undefined) return {}
  if (typeof value !== 'string') throw new Error(`"${field}" is ${JSON.stringify(value)}, expected a text`)
  const found: { [K in F]?: string } = {}
  found[field] = value
  return found
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
