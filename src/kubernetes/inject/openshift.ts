/** As whom the proxy runs: 1337, except where a namespace of OpenShift has users and groups of its own. */
import type { NamespaceFacts } from './settings.ts'

const ISTIO_USER = 1337

export function proxyUser({ annotations = {} }: NamespaceFacts): { readonly uid: number; readonly gid: number } {
  const [groups] = (annotations['openshift.io/sa.scc.supplemental-groups'] ?? '').split(',')
  return {
    uid: lastOf(annotations['openshift.io/sa.scc.uid-range']) ?? ISTIO_USER,
    gid: lastOf(groups) ?? ISTIO_USER,
  }
}

/** Of "1000650000/10000" (first and count) or "1000650000-1000659999": the last, which applications do not take. */
function lastOf(range: string | undefined): number | undefined {
  const [, first, separator, second] = /^(\d+)([/-])(\d+)$/.exec(range ?? '') ?? []
  if (first === undefined || second === undefined) return undefined
  return separator === '/' ? Number(first) + Number(second) - 1 : Number(second)
}
