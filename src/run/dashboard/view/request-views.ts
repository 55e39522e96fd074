/** Requests as the page and the terminal show them: each story with the line to change where it failed. Pure. */
import type { Objects } from '../../../compile/objects.ts'
import { type Blame, blameText, pinpoint } from '../../../explain/story/pinpoint.ts'
import type { PodStory } from '../../../explain/story/pod-story.ts'
import { isConsequence, lastFailure, problems } from '../../../explain/story/root-cause.ts'
import type { Mesh } from '../../../model/mesh.ts'

export interface RequestView extends PodStory {
  readonly blame: Blame | null
  /** `blame` in one sentence; "". */
  readonly sentence: string
}

export interface RequestStory {
  /** All that was told of it, in the order in which it happened. */
  readonly hops: readonly RequestView[]
}

export interface LastError {
  /** From where it was seen to where it began; empty: nothing failed lately. */
  readonly chain: readonly RequestView[]
}

export interface ProblemView {
  readonly blame: Blame
  readonly sentence: string
  /** How often lately. */
  readonly requests: number
  readonly latest: RequestView
}

export function requestView(told: PodStory, mesh: Mesh, objects: Objects): RequestView {
  const blame = pinpoint(told, mesh, objects)
  return { ...told, blame: blame ?? null, sentence: blame ? blameText(blame) : '' }
}

export function lastError(told: readonly PodStory[], mesh: Mesh, objects: Objects): LastError {
  return { chain: lastFailure(told).map(each => requestView(each, mesh, objects)) }
}

/** Where failures begin: what follows from another failure, and what a callee's own proxy tells better, is left out. */
export function problemViews(told: readonly PodStory[], mesh: Mesh, objects: Objects): ProblemView[] {
  const found = problems(told, each => {
    if ((each.story.side === 'outbound' && each.story.details === 'via_upstream') || isConsequence(each, told)) return undefined
    const blame = pinpoint(each, mesh, objects)
    if (!blame) return undefined
    const place = blame.at ? `${blame.at.object} ${blame.at.field}` : blame.cause
    return { key: `${blame.culprit} ${place} ${each.story.service ?? each.workload}`, cause: blame }
  })
  return found
    .map(({ cause, requests, latest }) => ({
      blame: cause,
      sentence: blameText(cause),
      requests,
      latest: requestView(latest, mesh, objects),
    }))
    .sort(
      (a, b) =>
        Number(b.blame.culprit === 'mesh configuration') - Number(a.blame.culprit === 'mesh configuration') ||
        b.requests - a.requests,
    )
}
