/** Secret (core/v1). It has no spec: its own fields stand beside metadata. Its values are write-only, so no message shows one. */
import { type Static, Type } from 'typebox'
import { mapOf, openMessage } from '../../schema/message.ts'

export const SecretSpec = openMessage({
  type: Type.String(),
  data: mapOf(Type.String({ writeOnly: true }), { description: 'base64' }),
  stringData: mapOf(Type.String({ writeOnly: true }), { description: 'goes before data' }),
})
export type SecretSpec = Static<typeof SecretSpec>
