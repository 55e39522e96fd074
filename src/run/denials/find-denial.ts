/** Looks for a decision in the proxies of a mesh. Where they are, and how their admin endpoints are asked, is for the caller to say. */
import { readDenials, type ToldDenial } from '../../explain/denial/told-denial.ts'

/** One proxy, wherever it runs: a process of this machine, a pod of a cluster. */
export interface AskedProxy {
  /** "shop/cart-0" */
  readonly name: string
  readonly engine: 'mizzen' | 'envoy'
  /** The body of an admin page. @throws (rejects) with the reason when it cannot be had */
  readonly admin: (path: string) => Promise<string>
}

export interface FoundDenial {
  readonly at: string
  readonly denial: ToldDenial
}

export interface Search {
  readonly found: readonly FoundDenial[]
  /** Proxies that could not be asked, with the reason. */
  readonly unasked: readonly { readonly name: string; readonly reason: string }[]
  /** Proxies that keep no decisions. */
  readonly envoys: number
}

/** @param id of the decision, or an x-request-id; "": all that are kept, the latest first */
export async function findDenials(id: string, proxies: readonly AskedProxy[]): Promise<Search> {
  const mine = proxies.filter(({ engine }) => engine === 'mizzen')
  const query = id === '' ? '' : `?id=${encodeURIComponent(id)}`
  const answers = await Promise.allSettled(mine.map(async ({ admin }) => readDenials(await admin(`/denials${query}`))))
  const found: FoundDenial[] = []
  const unasked: { name: string; reason: string }[] = []
  for (const [i, answer] of answers.entries()) {
    const name = mine[i]?.name ?? ''
    if (answer.status === 'fulfilled') found.push(...answer.value.map(denial => ({ at: name, denial })))
    else unasked.push({ name, reason: answer.reason instanceof Error ? answer.reason.message : String(answer.reason) })
  }
  found.sort((a, b) => (a.denial.time < b.denial.time ? 1 : -1))
  return { found, unasked, envoys: proxies.length - mine.length }
}
