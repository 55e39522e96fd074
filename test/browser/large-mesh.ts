/** An invented mesh of many services, as the page is told of one. */
import type { Topology, Traffic } from '../../src/run/dashboard/view/topology.ts'

const TRAFFIC: Traffic = { rate: 12, errorShare: 0, rejectedShare: 0, p50: 4, p99: 20, bytesPerSecond: 0 }

export function largeMesh(count: number): Topology {
  const id = (i: number) => `service ns${i % 6}/s${i}`
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: id(i),
    kind: 'service' as const,
    namespace: `ns${i % 6}`,
    name: `service-${i}`,
    host: `service-${i}.ns${i % 6}.svc.cluster.local`,
    versions: ['v1'],
    ready: 2,
    pods: 2,
    traffic: { ...TRAFFIC, errorShare: i % 41 === 0 ? 0.2 : 0 },
  }))
  const edges = nodes.slice(1).flatMap((_, i) =>
    [Math.floor(i / 3), Math.floor((i * 5) / 9)].map((from, k) => ({
      id: `${id(from)} > ${id(i + 1)} ${k}`,
      from: id(from),
      to: id(i + 1),
      protocol: 'http' as const,
      traffic: TRAFFIC,
      mutualTls: true,
      versions: [],
    })),
  )
  return { nodes, edges, seconds: 60 }
}
