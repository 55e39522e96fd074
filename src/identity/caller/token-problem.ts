/** jose's errors in the words of our logs. */
import { errors } from 'jose'
import { TokenError } from './token.ts'

export function tokenProblem(error: unknown): TokenError {
  if (error instanceof TokenError) return error
  if (error instanceof errors.JWTExpired) return new TokenError('it has expired')
  if (error instanceof errors.JWTClaimValidationFailed)
    return new TokenError(`its claim "${error.claim}" is not what is expected`)
  if (error instanceof errors.JWSSignatureVerificationFailed) return new TokenError('its signature does not verify')
  if (error instanceof errors.JWKSNoMatchingKey) return new TokenError('its key is not among those of its issuer')
  if (error instanceof errors.JOSEAlgNotAllowed) return new TokenError('its algorithm is not allowed')
  return new TokenError(error instanceof Error ? error.message : 'it is not a signed JWT')
}
