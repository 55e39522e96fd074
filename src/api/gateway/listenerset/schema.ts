/** ListenerSet: more listeners for a Gateway, from somebody else and perhaps another namespace. */
import type { Static } from 'typebox'
import { message } from '../../schema/message.ts'
import { Listeners } from '../gateway/listener.ts'
import { GATEWAY_GROUP, group, kind, namespace, objectName } from '../values.ts'

export const ListenerSetSpec = message(
  {},
  {
    parentRef: message(
      {
        group: group({ default: GATEWAY_GROUP }),
        kind: kind({ default: 'Gateway' }),
        namespace: namespace({ description: "default: the set's own; the Gateway's allowedListeners has to permit it" }),
      },
      { name: objectName() },
    ),
    listeners: Listeners,
  },
)
export type ListenerSetSpec = Static<typeof ListenerSetSpec>
