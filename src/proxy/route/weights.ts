/**
 * Choosing one of several clusters by weight.
 */
import type { RequestHead } from '../http/stream.ts'
import type { DecideForward, ForwardAction, RouteContext } from './decision.ts'
import { firstFieldReader } from './request-field.ts'

/**
 * @param randomHeader a header whose number decides instead of chance, so that a client sees one version only
 * @throws when no weight is above 0
 */
export function compileWeights(
  choices: readonly (ForwardAction | DecideForward)[],
  weights: readonly number[],
  randomHeader: string | undefined,
): ForwardAction | DecideForward {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) throw new Error('the weights of weighted_clusters add up to 0, expected more')
  const weighted = choices.flatMap((choice, i) => {
    const weight = weights[i] ?? 0
    return weight > 0 ? [{ choice, weight }] : []
  })
  const [only] = weighted
  if (only && weighted.length === 1) return only.choice
  const draw = compileDraw(randomHeader, total)
  return (head, context) => {
    let rest = draw(head, context)
    for (const { choice, weight } of weighted) {
      rest -= weight
      if (rest < 0) return typeof choice === 'function' ? choice(head, context) : choice
    }
    throw new RangeError(`Cannot choose a weighted cluster: the draw was not below the total weight ${total}`)
  }
}

/** A number from 0 to below `total`. */
function compileDraw(randomHeader: string | undefined, total: number): (head: RequestHead, context: RouteContext) => number {
  if (!randomHeader) return (_, context) => context.random() * total
  const read = firstFieldReader(randomHeader)
  return (head, context) => {
    const text = read(head)
    if (text === undefined || !/^\d{1,20}$/.test(text)) return context.random() * total
    return Number(BigInt(text) % BigInt(total))
  }
}
