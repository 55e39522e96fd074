/** What is made of one route for one use: its rules in the model's words, and what is wrong with it. */
import type { Path } from '../../api/object.ts'
import type { HttpRule } from '../../model/http-rule.ts'
import type { TcpDestination } from '../../model/route-set.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Refusal } from './conditions.ts'
import type { Rank } from './http-matches.ts'
import type { RouteObject } from './routes.ts'

/** A rule for one condition, which stands alone so that rules of several routes can be put in order. */
export interface RankedRule {
  readonly rule: HttpRule
  readonly rank: Rank
  readonly route: RouteObject
}

export interface CompiledRoute {
  readonly route: RouteObject
  readonly http: readonly RankedRule[]
  /** Of a route for bytes. */
  readonly bytes: readonly { readonly destinations: readonly TcpDestination[]; readonly path: Path }[]
  /** The filter that nobody knows, or the last reference that does not lead anywhere. */
  readonly unresolved: Refusal | undefined
  readonly diagnostics: readonly Diagnostic[]
}
