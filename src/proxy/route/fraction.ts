/**
 * Fractions of traffic: envoy.type.v3.FractionalPercent, alone or with a runtime key. There is no runtime here: the default value of
 * the configuration is what counts.
 */
import type { RuntimeFractionalPercent } from '../../xds/gen/envoy/config/core/v3/base.ts'
import { FractionalPercent_DenominatorType as Denominator, type FractionalPercent } from '../../xds/gen/envoy/type/v3/percent.ts'

/** @returns 0 to 1; undefined: 0 */
export function fractionOf(percent: FractionalPercent | undefined): number {
  if (!percent) return 0
  switch (percent.denominator) {
    case Denominator.HUNDRED:
      return Math.min(1, percent.numerator / 100)
    case Denominator.TEN_THOUSAND:
      return Math.min(1, percent.numerator / 10_000)
    case Denominator.MILLION:
      return Math.min(1, percent.numerator / 1_000_000)
    default:
      throw new Error(`a fraction has the denominator ${String(percent.denominator)}, expected HUNDRED, TEN_THOUSAND or MILLION`)
  }
}

/** Absent is not the same as 0 %: Envoy's fields without a value mean "always" or "never", as the caller says. */
export function runtimeFraction(percent: RuntimeFractionalPercent | undefined, absent: number): number {
  return percent ? fractionOf(percent.defaultValue) : absent
}
