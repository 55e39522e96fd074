/** Which part of the mesh is drawn. Pure. */
import type { Topology, TopologyNode } from '../../../src/run/dashboard/view/topology.ts'

export interface GraphFilter {
  /** Of names; those that fit are shown with their neighbours. */
  readonly text: string
  /** "": all. */
  readonly namespace: string
  readonly onlyFailing: boolean
  readonly hideIdle: boolean
}

/** Seldom less than so many requests fail by chance. */
const FAILING = 0.005

export function filtered({ nodes, edges, seconds }: Topology, { text, namespace, onlyFailing, hideIdle }: GraphFilter): Topology {
  const wanted = text.trim().toLowerCase()
  const fits = (node: TopologyNode) =>
    (namespace === '' || node.namespace === namespace) &&
    (wanted === '' || `${node.name} ${node.host} ${node.namespace}`.toLowerCase().includes(wanted))
  const chosen = new Set(nodes.filter(fits).map(({ id }) => id))
  const isPlain = wanted === '' && namespace === ''
  const kept = edges.filter(({ from, to, traffic }) => {
    if (onlyFailing && traffic.errorShare < FAILING && traffic.rejectedShare < FAILING) return false
    return isPlain || chosen.has(from) || chosen.has(to)
  })
  const touched = new Set(kept.flatMap(({ from, to }) => [from, to]))
  const shown = nodes.filter(node => {
    if (touched.has(node.id)) return true
    return !hideIdle && !onlyFailing && chosen.has(node.id)
  })
  return { nodes: shown, edges: kept, seconds }
}
