/** Flags that say which authority vouches for the mesh. */
import path from 'node:path'
import type { KeyType } from '../identity/workload/signing.ts'
import { oneOf, UsageError } from './flags.ts'

export const KEY_TYPES = ['ecdsa-p256', 'rsa-2048'] as const satisfies readonly KeyType[]

interface Values {
  readonly cacerts?: string | undefined
  readonly 'ca-key-type'?: string | undefined
}

/** @throws UsageError */
export function authorityFlags({ cacerts, 'ca-key-type': keyType }: Values, cwd: string) {
  if (cacerts !== undefined && keyType !== undefined)
    throw new UsageError('Cannot use --ca-key-type with --cacerts: the plugged-in authority has its key')
  return {
    ...(cacerts !== undefined && { pluggedIn: path.resolve(cwd, cacerts) }),
    ...(keyType !== undefined && { keyType: oneOf('ca-key-type', keyType, KEY_TYPES) }),
  }
}
