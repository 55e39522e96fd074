/**
 * Rules between fields, in the words of a CRD (x-kubernetes-validations, CEL): a schema carries them for the CRD that is made of it and for
 * its reference page. What they demand is checked by the kind's validate.ts.
 */

export interface CelRule {
  readonly rule: string
  readonly message: string
}

export const CEL_RULES = 'x-kubernetes-validations'

/** Options of a schema. Each pair is an expression over `self` and the sentence for a value that breaks it. */
export function cel(...rules: readonly (readonly [rule: string, message: string])[]): {
  readonly [CEL_RULES]: readonly CelRule[]
} {
  return { [CEL_RULES]: rules.map(([rule, message]) => ({ rule, message })) }
}
