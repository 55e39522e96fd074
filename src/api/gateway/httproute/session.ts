/** Session persistence: requests of one client stay with one backend (experimental). Both forms of the API's history are read. */
import { type Static, Type } from 'typebox'
import { cel } from '../../schema/cel.ts'
import { message } from '../../schema/message.ts'
import { gatewayDuration } from '../values.ts'

const Lifetime = Type.Enum(['Permanent', 'Session'], { default: 'Session' })

export const SessionPersistence = message(
  {
    sessionName: Type.String({ maxLength: 128, description: 'of the cookie or header' }),
    absoluteTimeout: gatewayDuration(),
    idleTimeout: gatewayDuration({ description: 'has no effect here' }),
    type: Type.Enum(['Cookie', 'Header'], { default: 'Cookie' }),
    cookieConfig: message({ lifetimeType: Lifetime }),
    cookie: message({ name: Type.String({ maxLength: 128 }), path: Type.String(), lifetimeType: Lifetime }),
    header: message({ name: Type.String({ maxLength: 128 }) }),
  },
  {},
  cel(
    [
      "!has(self.cookieConfig) || !has(self.cookieConfig.lifetimeType) || self.cookieConfig.lifetimeType != 'Permanent' || has(self.absoluteTimeout)",
      'AbsoluteTimeout must be specified when cookie lifetimeType is Permanent',
    ],
    ["!has(self.cookieConfig) && !has(self.cookie) || self.type == 'Cookie'", 'a cookie can only be set with type Cookie'],
    ["!has(self.header) || self.type == 'Header'", 'a header can only be set with type Header'],
  ),
)
export type SessionPersistence = Static<typeof SessionPersistence>
