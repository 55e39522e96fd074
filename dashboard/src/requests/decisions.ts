/** A story told as the decisions that were taken, in their order. Pure. */

import type { RequestView } from '../../../src/run/dashboard/view/request-views.ts'
import type { Place } from '../../../src/run/dashboard/view/rules-in-effect.ts'
import { count, milliseconds } from '../ui/format.ts'

export interface Decision {
  readonly subject: string
  readonly text: string
  readonly more: readonly string[]
  readonly place: Place | undefined
  readonly tone: 'good' | 'bad' | ''
}

export function decisionsOf({ story, blame }: RequestView): Decision[] {
  const { listener, source, mutualTls, policy, route, cluster, clusterOrigin, pick, tries, timings, destination } = story
  const decision = (subject: string, text: string, rest: Partial<Decision> = {}): Decision => ({
    subject,
    text,
    more: [],
    place: undefined,
    tone: '',
    ...rest,
  })
  const who = source.principal ?? source.workload
  return [
    decision('Connection', `from ${source.address} to ${listener.address}, ${mutualTls ? 'mutual TLS' : 'plaintext'}`, {
      more: [
        ...(who === undefined ? [] : [`caller: ${who}`]),
        ...(listener.serverName === '' ? [] : [`server name: ${listener.serverName}`]),
      ],
    }),
    ...(policy
      ? [
          decision(
            'Access',
            policy.verdict === 'denied'
              ? `denied${policy.name === undefined ? ': no rule allows it' : ` by ${policy.name}`}`
              : `allowed by ${policy.name ?? 'a rule'}`,
            {
              tone: policy.verdict === 'denied' ? 'bad' : '',
              more: policy.reason === undefined ? [] : [policy.reason],
              ...(policy.rule && {
                place: { object: policy.rule.object, rule: policy.rule.rule, file: policy.rule.file, line: policy.rule.line },
              }),
            },
          ),
        ]
      : []),
    ...(route
      ? [
          decision('Route', `${route.name === '' ? 'unnamed' : route.name} of ${route.virtualHost}`, {
            place: route.origin && {
              object: route.origin.origin,
              rule: route.origin.rule,
              file: route.origin.file,
              line: route.origin.line,
            },
          }),
        ]
      : []),
    ...(cluster === undefined
      ? []
      : [
          decision('Destination', cluster, {
            place: clusterOrigin && {
              object: clusterOrigin.origin,
              rule: clusterOrigin.rule,
              file: clusterOrigin.file,
              line: clusterOrigin.line,
            },
          }),
        ]),
    ...(pick
      ? [
          decision(
            'Endpoint',
            `${destination?.address ?? 'none'}, by ${pick.policy} among ${pick.healthy} of ${count(pick.hosts, 'endpoint')}`,
            {
              tone: pick.healthy === 0 ? 'bad' : '',
              more: [
                ...(destination?.workload === undefined ? [] : [`pod of ${destination.workload}`]),
                ...(pick.ejected > 0 ? [`${pick.ejected} left out after errors`] : []),
                ...(pick.secure === undefined ? [] : [pick.secure ? 'sent with TLS' : 'sent in plaintext']),
              ],
            },
          ),
        ]
      : []),
    ...tries.map((one, i) =>
      decision(
        tries.length > 1 ? `Try ${i + 1}` : 'Sent',
        `${one.address ?? 'nowhere'} after ${milliseconds(one.startMs)}, ${one.reason === undefined ? `answered ${one.status || 'bytes'}` : one.reason} after ${milliseconds(one.endMs - one.startMs)}`,
        {
          tone: one.reason === undefined ? '' : 'bad',
        },
      ),
    ),
    decision('Response', responseText(story), {
      tone: story.failed ? 'bad' : 'good',
      more: [
        ...(story.details === '' || story.details === 'via_upstream' ? [] : [story.details]),
        ...Object.entries(timings).map(([name, ms]) => `${TIMINGS[name] ?? name} after ${milliseconds(ms)}`),
      ],
      ...(blame?.at && { place: { object: blame.at.object, rule: blame.at.field, file: blame.at.file, line: blame.at.line } }),
    }),
  ]
}

const TIMINGS: Readonly<Record<string, string>> = {
  requestEndMs: 'the request was complete',
  upstreamStartMs: 'it was sent on',
  upstreamFirstByteMs: 'the first byte of the answer came',
  upstreamEndMs: 'the last byte of the answer came',
  responseStartMs: 'the answer began',
}

function responseText({ protocol, status, grpcStatus, endedBy, flags, durationMs }: RequestView['story']): string {
  const what = protocol === 'tcp' ? 'connection ended' : status === 0 ? 'no response' : `${status}`
  const grpc = grpcStatus === undefined ? '' : `, grpc-status ${grpcStatus}`
  const by = { upstream: 'by the callee', proxy: 'by this proxy', client: 'by the caller' }[endedBy]
  return `${what}${grpc} ${by} after ${milliseconds(durationMs)}${flags.length > 0 ? ` (${flags.join(', ')})` : ''}`
}
