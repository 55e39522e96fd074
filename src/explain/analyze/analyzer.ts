/** What an analyzer is: a name, the codes it can report, and a pure function. All of them stand in analyzers.ts. */
import type { Code } from './codes.ts'
import type { Finding } from './finding.ts'
import type { KindName } from './resources.ts'
import type { World } from './world.ts'

export interface Analyzer {
  /** Istio's name where it has one ("gateway.SecretAnalyzer"). */
  readonly name: string
  /** One line for `mizzen analyze -L`. */
  readonly description: string
  readonly codes: readonly Code[]
  /** The kinds it reads. */
  readonly inputs: readonly KindName[]
  /** Runs only when it is asked for by name. */
  readonly optIn?: true
  analyze(world: World): Iterable<Finding>
}
