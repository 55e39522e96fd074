/** Deployment (apps/v1): how many pods of one template run. Only the fields that mizzen reads. */
import { type Static, Type } from 'typebox'
import { int32, mapOf, openMessage } from '../../schema/message.ts'
import { PodTemplate } from '../pod/schema.ts'

export const DeploymentSpec = openMessage(
  { replicas: int32({ default: 1, minimum: 0 }), selector: openMessage({ matchLabels: mapOf(Type.String()) }) },
  { template: PodTemplate },
)
export type DeploymentSpec = Static<typeof DeploymentSpec>
