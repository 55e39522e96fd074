/** Whether a secret can be used, when it comes: one that cannot is refused, and the one before goes on. */
import type { Secret } from '../../xds/gen/envoy/extensions/transport_sockets/tls/v3/secret.ts'
import { secureContext } from './secure-context.ts'
import { peerValidation } from './validation.ts'

/** @throws when a secret that came cannot be used */
export function checkSecret(secret: Secret): void {
  try {
    switch (secret.type?.$case) {
      case 'tlsCertificate':
        secureContext([secret.type.value], undefined, undefined)
        return
      case 'validationContext':
        peerValidation(secret.type.value)
        secureContext([], secret.type.value, undefined)
        return
      default:
        throw new Error(
          `it is a ${secret.type?.$case ?? 'secret without content'}, expected tls_certificate or validation_context`,
        )
    }
  } catch (error) {
    throw new Error(`Cannot use secret "${secret.name}": ${error instanceof Error ? error.message : String(error)}`)
  }
}
