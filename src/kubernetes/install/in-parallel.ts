/** Work on many objects of an API server, some at a time. */

/** More would only wait in the server's own queue. */
const AT_ONCE = 8

/** @returns the results in the order of the items @throws (rejects) with the first failure */
export async function inParallel<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  const queue = items.entries()
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
