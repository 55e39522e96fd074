/** What a kind is to the rest: a name, schemas and rules. All of them stand in registry.ts. */
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
  /** Kinds of a mesh's API: a spec must be there, and fields that nobody knows are errors. Kubernetes' own are read leniently. */
  readonly strict: boolean
  readonly spec: Spec
  readonly status: Status
  /**
   * Adds what the schema cannot say; only called with an object that fits the schemas. (A method, so that a kind of one type can stand
   * in a list of kinds.)
   */
  validate(object: ConfigObject<Name, Group, Static<Spec>, Static<Status>>, findings: Findings): void
  /** Said about every object of a kind that is read and then not used. */
  readonly unused: string | undefined
}

/** The typed object of a kind. */
export type ObjectOfKind<K> =
  K extends Kind<infer Name, infer Group, infer Spec, infer Status>
    ? ConfigObject<Name, Group, Static<Spec>, Static<Status>>
    : never
