/** What is compiled: all objects, by kind. The store's snapshots have this form. */
import type { KindId, ObjectOf } from '../api/registry.ts'

/** A list without changes must be the same array as before, an object without changes the same object: that is how work is saved. */
export type Objects = { readonly [Id in KindId]: readonly ObjectOf<Id>[] }
