/** Secret (core/v1). It has no spec: its own fields stand beside metadata. Its values never appear in a message. */
import { type Static, Type } from 'typebox'
import { mapOf, openMessage } from '../../schema/message.ts'

export const SecretSpec = openMessage({
  type: Type.String(),
  data: mapOf(Type.String(), { description: 'base64' }),
  stringData: mapOf(Type.String(), { description: 'goes before data' }),
})
export type SecretSpec = Static<typeof SecretSpec>
