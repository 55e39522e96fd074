/** Node (core/v1): only its labels are read; they tell the region and zone of its pods. */
import type { Static } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const NodeSpec = openMessage({})
export type NodeSpec = Static<typeof NodeSpec>
