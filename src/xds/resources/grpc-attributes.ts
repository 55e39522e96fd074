/** What a gRPC application without a proxy can be asked to tell about a call, as far as access rules go (gRFC A41). */
import type { AccessAttribute } from '../../model/access-policy.ts'

/** Tokens are not validated there, server names not kept, and some headers are the library's own: it refuses rules that name them. */
export function isUnknownToGrpc(attribute: AccessAttribute): boolean {
  switch (attribute.kind) {
    case 'request-principal':
    case 'claim':
    case 'metadata':
    case 'sni':
      return true
    case 'header':
      return attribute.name.startsWith('grpc-') || attribute.name === ':scheme'
    default:
      return false
  }
}
