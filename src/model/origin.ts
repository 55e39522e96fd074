/** Where a piece of the model came from, down to the line: what log lines, denials and `explain` name as the cause. */

export interface Origin {
  /** "VirtualService shop/catalog", as people name it. */
  readonly object: string
  /** Istio's way to name it in resource metadata: "/apis/<group>/<version>/namespaces/<namespace>/<kind>/<name>". */
  readonly path: string
  /** The file it was read from, or another place's name; "" when it was made by the mesh itself. */
  readonly file: string
  /** Line of the object, or of the rule inside it; 0: unknown. */
  readonly line: number
  /** Which part of the object: "http[1]", "subsets[0]"; "" for the whole. */
  readonly rule: string
}

/** What the mesh adds by itself, such as the route for a service that nobody configured. */
export function builtIn(object: string): Origin {
  return { object, path: '', file: '', line: 0, rule: '' }
}
