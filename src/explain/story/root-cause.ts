/**
 * Of many failed requests the ones that began it: a failure travels from callee to caller, and each proxy on the way tells of it. The cause is
 * told by the last one on the way in. Pure.
 */
import { beginOf, endOf, type PodStory } from './pod-story.ts'

/** Clocks of two machines agree so far, and what one proxy ends another may end a little later; milliseconds. */
const SLACK_MS = 5

/** @param told the failed stories of all proxies @returns the last failure, from where it was seen first to where it began */
export function lastFailure(told: readonly PodStory[]): PodStory[] {
  const failed = failedOf(told)
  const latest = failed.reduce<PodStory | undefined>(
    (best, each) => (!best || endOf(each.story) > endOf(best.story) ? each : best),
    undefined,
  )
  if (!latest) return []
  const chain = [outermost(latest, failed)]
  for (let last = chain[0]; last; ) {
    const next = causeOf(last, failed, chain)
    if (next) chain.push(next)
    last = next
  }
  return chain
}

/** The failure that led to this one; undefined: it began here. */
function causeOf(effect: PodStory, failed: readonly PodStory[], chain: readonly PodStory[]): PodStory | undefined {
  // What the proxy itself answered has its cause here.
  if (effect.story.endedBy === 'proxy' && effect.story.details !== 'via_upstream') return undefined
  return failed
    .filter(each => !chain.includes(each) && isWithin(each, effect) && follows(each, effect))
    .sort((a, b) => endOf(b.story) - endOf(a.story))[0]
}

/** Whether another failure led to this one. */
export function isConsequence(effect: PodStory, told: readonly PodStory[]): boolean {
  const failed = failedOf(told)
  return !failed.includes(effect) || causeOf(effect, failed, [effect]) !== undefined
}

/** Without those that only tell that the caller's proxy gave up, which it tells better itself. */
function failedOf(told: readonly PodStory[]): PodStory[] {
  const gaveUp = new Set(
    told
      .filter(({ story }) => story.failed && story.side === 'outbound' && story.endedBy === 'proxy')
      .map(({ story }) => story.id),
  )
  return told.filter(
    ({ story }) => story.failed && !(story.side === 'inbound' && story.endedBy === 'client' && gaveUp.has(story.id)),
  )
}

/** The other side of the same request, or a request that the callee made meanwhile. */
function follows(inner: PodStory, outer: PodStory): boolean {
  const { story } = outer
  if (story.side === 'outbound') return inner.story.side === 'inbound' && inner.story.id === story.id
  return inner.story.side === 'outbound' && inner.pod === outer.pod && sameTrace(inner, outer)
}

function sameTrace({ story: a }: PodStory, { story: b }: PodStory): boolean {
  return a.trace === undefined || b.trace === undefined || a.trace.traceId === b.trace.traceId
}

function isWithin({ story: inner }: PodStory, { story: outer }: PodStory): boolean {
  return beginOf(inner) >= beginOf(outer) - SLACK_MS && endOf(inner) <= endOf(outer) + SLACK_MS
}

/** Around a failure, as long as somebody saw it fail for the same reason; a circle ends where it began. */
function outermost(story: PodStory, failed: readonly PodStory[]): PodStory {
  const seen = new Set<PodStory>()
  let current = story
  for (;;) {
    seen.add(current)
    const inner = current
    const around = failed.find(each => !seen.has(each) && isWithin(inner, each) && follows(inner, each))
    if (!around) return current
    current = around
  }
}

/** What goes wrong at present: failures of one cause together, the worst first. */
export interface Problem<Cause> {
  readonly cause: Cause
  readonly requests: number
  readonly latest: PodStory
}

/** @param causeOf undefined: not worth telling */
export function problems<Cause>(
  told: readonly PodStory[],
  causeOf: (story: PodStory) => { readonly key: string; readonly cause: Cause } | undefined,
): Problem<Cause>[] {
  const found = new Map<string, { cause: Cause; requests: number; latest: PodStory }>()
  for (const each of told) {
    const named = each.story.failed ? causeOf(each) : undefined
    if (!named) continue
    const known = found.get(named.key)
    if (!known) found.set(named.key, { cause: named.cause, requests: 1, latest: each })
    else {
      known.requests++
      if (endOf(each.story) > endOf(known.latest.story)) known.latest = each
    }
  }
  return [...found.values()].sort((a, b) => b.requests - a.requests)
}
