/** ReferenceGrant: lets objects of other namespaces name objects of this one. */
import { type Static, Type } from 'typebox'
import { message } from '../../schema/message.ts'
import { group, kind, namespace } from '../values.ts'

export const ReferenceGrantSpec = message(
  {},
  {
    from: Type.Array(message({}, { group: group(), kind: kind(), namespace: namespace() }), {
      minItems: 1,
      maxItems: 16,
      description: 'who may: any of these',
    }),
    to: Type.Array(
      message(
        { name: Type.String({ minLength: 1, maxLength: 253, description: 'default: all of the kind' }) },
        { group: group(), kind: kind() },
      ),
      {
        minItems: 1,
        maxItems: 16,
        description: 'what: any of these, in the namespace of the grant',
      },
    ),
  },
)
export type ReferenceGrantSpec = Static<typeof ReferenceGrantSpec>
