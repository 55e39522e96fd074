/** A request as one proxy tells of it, with whose proxy that is. */
import type { Story } from '../../proxy/telemetry/story.ts'

export interface PodStory {
  /** "shop/cart-0" */
  readonly pod: string
  /** "shop/cart": what its replicas have in common. */
  readonly workload: string
  readonly story: Story
}

/** @param text of a proxy's /requests, or one line of its /tap @returns nothing where it is no such text: an Envoy has no stories */
export function readStories(text: string): Story[] {
  try {
    const value: unknown = JSON.parse(text)
    if (isStory(value)) return [value]
    if (typeof value !== 'object' || value === null || !('requests' in value) || !Array.isArray(value.requests)) return []
    return value.requests.filter(isStory)
  } catch {
    return []
  }
}

/** Proxies and control plane are of one build, or nearly: the outline tells whether it is a story at all. */
function isStory(value: unknown): value is Story {
  return (
    typeof value === 'object' &&
    value !== null &&
    'seq' in value &&
    typeof value.seq === 'number' &&
    'id' in value &&
    'side' in value &&
    'tries' in value &&
    Array.isArray(value.tries)
  )
}

/** Milliseconds since the epoch. */
export function beginOf({ time }: Story): number {
  return Date.parse(time)
}

export function endOf(story: Story): number {
  return beginOf(story) + story.durationMs
}
