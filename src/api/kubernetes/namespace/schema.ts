/** Namespace (core/v1): only its labels and annotations are read, and they stand in every object's head. */
import type { Static } from 'typebox'
import { openMessage } from '../../schema/message.ts'

export const NamespaceSpec = openMessage({})
export type NamespaceSpec = Static<typeof NamespaceSpec>
