/** Requests in words for a terminal: a line for the tap, a story for `mizzen explain request`. */
import { placeText } from '../explain/story/pinpoint.ts'
import type { LastError, RequestStory, RequestView } from '../run/dashboard/view/request-views.ts'
import type { Paint } from '../run/laptop/console/paint.ts'

export function requestLine(view: RequestView, paint: Paint): string {
  const { story, blame } = view
  const tone = !story.failed ? 'green' : story.status >= 400 && story.status < 500 ? 'yellow' : 'red'
  const why = blame
    ? `  ${blame.cause}${blame.at && blame.at.file !== '' ? ` (${blame.at.file}:${blame.at.line})` : ''}`
    : story.tries.length > 1
      ? `  ${story.tries.length} tries`
      : ''
  return [
    paint(story.time.slice(11, 23), 'grey'),
    paint(statusOf(view).padStart(4), tone),
    milliseconds(story.durationMs).padStart(7),
    `${callerOf(view)} -> ${calleeOf(view)}`.padEnd(28),
    what(view) + paint(why, 'grey'),
  ].join('  ')
}

/** All hops of one request, with what each decided, and what went wrong. */
export function storyText({ hops }: RequestStory, paint: Paint): string {
  const [first] = hops
  if (!first) return ''
  // A caller that left only tells that its own proxy gave up.
  const blamed =
    hops.findLast(({ blame, story }) => blame !== null && story.endedBy !== 'client') ??
    hops.findLast(({ blame }) => blame !== null)
  return [
    paint(`${what(first)} from ${callerOf(first)}: ${statusOf(first)} after ${milliseconds(first.story.durationMs)}`, 'bold'),
    paint(`request ${first.story.id}, ${first.story.time}`, 'grey'),
    '',
    ...hops.flatMap(hop => hopLines(hop, paint)),
    ...(blamed ? verdict(blamed, paint) : [paint('✓ nothing went wrong', 'green')]),
    '',
  ].join('\n')
}

/** From where the last failure was seen to where it began. */
export function lastErrorText({ chain }: LastError, paint: Paint): string {
  const [first] = chain
  const cause = chain.at(-1)
  if (!first || !cause) return 'No request has failed lately.\n'
  const way = chain.map(
    hop =>
      `  ${hop.story.side === 'outbound' ? `${shortName(hop.workload)} -> ${calleeOf(hop)}` : `at ${shortName(hop.workload)}`}: ${statusOf(hop)}${flagsOf(hop)}`,
  )
  return [
    paint(`${what(first)} from ${callerOf(first)}: ${statusOf(first)} after ${milliseconds(first.story.durationMs)}`, 'bold'),
    paint(`request ${first.story.id}, ${first.story.time}`, 'grey'),
    '',
    ...(chain.length > 1 ? [...way, ''] : []),
    ...verdict(cause, paint),
    '',
  ].join('\n')
}

function verdict({ blame }: RequestView, paint: Paint): string[] {
  if (!blame) return []
  const { culprit, cause, advice, at, also } = blame
  return [
    paint(`✗ ${cause}`, 'red'),
    `  to act:   ${culprit}`,
    ...(at ? [`  change:   ${paint(placeText(at), 'bold')}`] : []),
    ...also.map(place => `  see also: ${placeText(place)}`),
    `  advice:   ${advice}`,
  ]
}

function hopLines(hop: RequestView, paint: Paint): string[] {
  const { story, workload } = hop
  const { route, pick, tries, policy, cluster, mutualTls } = story
  const title = story.side === 'outbound' ? `${shortName(workload)} sends to ${calleeOf(hop)}` : `${shortName(workload)} receives`
  const origin = route?.origin
  const place =
    origin && origin.file !== ''
      ? `  ${origin.file}${origin.line > 0 ? `:${origin.line}` : ''} ${origin.origin} ${origin.rule}`.trimEnd()
      : ''
  return [
    `${paint(title, 'bold')}  ${statusOf(hop)} after ${milliseconds(story.durationMs)}${flagsOf(hop)}`,
    ...(story.side === 'inbound'
      ? [`  caller    ${story.source.principal ?? story.source.address}, ${mutualTls ? 'mutual TLS' : 'plaintext'}`]
      : []),
    ...(policy ? [`  access    ${policy.verdict}${policy.name === undefined ? '' : ` by ${policy.name}`}`] : []),
    ...(route ? [`  route     ${route.name || 'unnamed'} of ${route.virtualHost}${paint(place, 'grey')}`] : []),
    ...(cluster === undefined ? [] : [`  cluster   ${cluster}`]),
    ...(pick
      ? [
          `  endpoint  ${story.destination?.address ?? 'none'}, by ${pick.policy} among ${pick.healthy} of ${pick.hosts}${pick.ejected > 0 ? `, ${pick.ejected} ejected` : ''}`,
        ]
      : []),
    ...(tries.length > 1
      ? tries.map(
          (one, i) =>
            `  try ${i + 1}     ${one.address ?? 'nowhere'}: ${one.reason ?? one.status} after ${milliseconds(one.endMs - one.startMs)}`,
        )
      : []),
    '',
  ]
}

function callerOf({ workload, pod, story }: RequestView): string {
  if (story.side === 'outbound') return shortName(workload)
  return story.source.workload ?? (pod.includes('gateway') ? 'outside' : story.source.address.replace(/:\d+$/, ''))
}

function calleeOf({ workload, story }: RequestView): string {
  if (story.side === 'inbound') return shortName(workload)
  return story.service?.split('.')[0] ?? story.destination?.workload ?? story.authority ?? story.listener.address
}

function shortName(workload: string): string {
  return workload.slice(workload.indexOf('/') + 1)
}

function statusOf({ story: { protocol, status, grpcStatus } }: RequestView): string {
  if (protocol === 'tcp') return 'tcp'
  if (grpcStatus !== undefined && grpcStatus !== 0) return `grpc ${grpcStatus}`
  return status === 0 ? '-' : String(status)
}

function flagsOf({ story: { flags } }: RequestView): string {
  return flags.length > 0 ? ` ${flags.join(',')}` : ''
}

function what({ story }: RequestView): string {
  return story.protocol === 'tcp'
    ? `${story.bytesReceived} B in, ${story.bytesSent} B out`
    : `${story.method ?? ''} ${story.path ?? ''}`
}

function milliseconds(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)}s` : `${ms.toFixed(ms < 10 ? 1 : 0)}ms`
}
