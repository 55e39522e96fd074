/** InferencePool (inference.networking.k8s.io): known as a backend of routes, read no further. */
import type { Static } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const InferencePoolSpec = openMessage({})
export type InferencePoolSpec = Static<typeof InferencePoolSpec>
