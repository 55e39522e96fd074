/** Repeated calls, some at a time. */

/** @param parallel how many at once @returns the outcomes in the order in which the calls began */
export async function repeat<T>(times: number, parallel: number, once: () => Promise<T>): Promise<T[]> {
  const outcomes: T[] = []
  for (let done = 0; done < times; done += parallel) {
    outcomes.push(...(await Promise.all(Array.from({ length: Math.min(parallel, times - done) }, once))))
  }
  return outcomes
}
