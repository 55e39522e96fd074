/**
 * StatefulSet, DaemonSet, Job (and CronJob): accepted because a real application's files hold them, read only far enough to say that
 * `mizzen up` does not run them.
 */
import type { Static } from 'typebox'
import { int32, openMessage } from '../../schema/message.ts'
import { PodTemplate } from '../pod/schema.ts'

export const OtherWorkloadSpec = openMessage({ replicas: int32({ minimum: 0 }), template: PodTemplate })
export type OtherWorkloadSpec = Static<typeof OtherWorkloadSpec>
