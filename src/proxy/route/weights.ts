/**
 * Choosing one of several clusters by weight.
 */
import type { RequestHead } from '../http/stream.ts'
import type { ForwardAction, ForwardChoice, Outcome } from './decision.ts'
import { firstFieldReader } from './request-field.ts'

/**
 * @param randomHeader a header whose number decides instead of chance, so that a client sees one version only
 * @throws when no weight is above 0
 */
export function compileWeights(
  choices: readonly (ForwardAction | ForwardChoice)[],
  weights: readonly number[],
  randomHeader: string | undefined,
): ForwardAction | ForwardChoice {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (total <= 0) throw new Error('the weights of weighted_clusters add up to 0, expected more')
  const weighted = choices.flatMap((choice, i) => {
    const weight = weights[i] ?? 0
    return weight > 0 ? [{ choice, weight }] : []
  })
  const [only] = weighted
  if (only && weighted.length === 1) return only.choice
  const given = compileGiven(randomHeader, total)
  const at = (place: number): ForwardAction | ForwardChoice => {
    let rest = place
    for (const { choice, weight } of weighted) {
      rest -= weight
      if (rest < 0) return choice
    }
    throw new RangeError(`Cannot choose a weighted cluster: the draw was not below the total weight ${total}`)
  }
  return {
    kind: 'choice',
    decide(head, context) {
      const choice = at(given(head) ?? context.random() * total)
      return choice.kind === 'choice' ? choice.decide(head, context) : choice
    },
    outcomes(head) {
      const place = given(head)
      if (place !== undefined) return outcomesOf(at(place), 1, head)
      return weighted.flatMap(({ choice, weight }) => outcomesOf(choice, weight / total, head))
    },
  }
}

function outcomesOf(choice: ForwardAction | ForwardChoice, share: number, head: RequestHead): Outcome<ForwardAction>[] {
  if (choice.kind === 'forward') return [{ share, result: choice }]
  return choice.outcomes(head).map(({ share: part, result }) => ({ share: share * part, result }))
}

/** The place that a request's header names, from 0 to below `total`; undefined: chance decides. */
function compileGiven(randomHeader: string | undefined, total: number): (head: RequestHead) => number | undefined {
  if (!randomHeader) return () => undefined
  const read = firstFieldReader(randomHeader)
  return head => {
    const text = read(head)
    return text === undefined || !/^\d{1,20}$/.test(text) ? undefined : Number(BigInt(text) % BigInt(total))
  }
}
