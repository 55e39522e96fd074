/** What a kind is to the rest: a name, a schema and rules. One call of {@link defineKind} a kind, all in registry.ts. */
import type { Static, TSchema } from 'typebox'
import type { Findings } from './findings.ts'
import type { ConfigObject } from './object.ts'

export interface Kind<
  Name extends string = string,
  Group extends string = string,
  Spec extends TSchema = TSchema,
  Status extends TSchema = TSchema,
> {
  readonly kind: Name
  readonly group: Group
  /** Every version here has the same schema and means the same. */
  readonly versions: readonly string[]
  readonly scope: 'namespaced' | 'cluster'
  /** Where the payload stands: under `spec`, or beside `metadata` (ConfigMap and its like). */
  readonly payload: 'spec' | 'root'
  readonly spec: Spec
  readonly status: Status
  /** Adds what the schema cannot say; only called with a spec that fits the schema. */
  readonly validate: (object: ConfigObject<Name, Group, Static<Spec>, Static<Status>>, findings: Findings) => void
  /** Said (as info) about every object of a kind that is read and then not used. */
  readonly unused?: string
}

/** The typed object of a kind. */
export type ObjectOfKind<K> =
  K extends Kind<infer Name, infer Group, infer Spec, infer Status>
    ? ConfigObject<Name, Group, Static<Spec>, Static<Status>>
    : never
