/** ConfigMap (core/v1). It has no spec: its own fields stand beside metadata. */
import { type Static, Type } from 'typebox'
import { mapOf, openMessage } from '../../schema/message.ts'

export const ConfigMapSpec = openMessage({
  data: mapOf(Type.String()),
  binaryData: mapOf(Type.String(), { description: 'base64' }),
})
export type ConfigMapSpec = Static<typeof ConfigMapSpec>
