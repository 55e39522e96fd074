/** ServiceAccount (core/v1): a workload's identity. Its name is all that is read. */
import type { Static } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const ServiceAccountSpec = openMessage({})
export type ServiceAccountSpec = Static<typeof ServiceAccountSpec>
