/** TLSRoute: which TLS connections go where, by the server name that the client asks for. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { message } from '../../schema/message.ts'
import { bytesRules } from '../bytes-route.ts'
import { commonRouteFields } from '../references.ts'
import { hostname } from '../values.ts'

export const TlsRouteSpec = message(
  {
    ...commonRouteFields,
    hostnames: Type.Array(hostname(), {
      minItems: 1,
      maxItems: 1024,
      description: 'server names; the alpha versions could leave them out',
      ...cel(['self.all(h, !isIP(h))', 'Hostnames cannot contain an IP']),
    }),
  },
  { rules: bytesRules },
)
export type TlsRouteSpec = Static<typeof TlsRouteSpec>
