/** The graph as drawn: lanes, edges with what flows on them, nodes. Drawn anew only when the numbers or the selection change. */
import { memo } from 'react'
import type { Topology, TopologyEdge, TopologyNode } from '../../../src/run/dashboard/view/topology.ts'
import { amount, bytes, count, percent, rate } from '../ui/format.ts'
import { HEALTH_WORDS, healthOf } from '../ui/health.ts'
import { placeLabels, type Size } from './labels.ts'
import { curve, type Layout, NODE, type Point } from './layout.ts'

interface Props {
  readonly graph: Topology
  readonly layout: Layout
  /** Id of a node or an edge; "": none. */
  readonly selected: string
  readonly onSelect: (id: string) => void
}

/** More moving lines than that cost more than they tell. */
const MOST_ANIMATED = 60

export const GraphPicture = memo(function GraphPicture({ graph, layout, selected, onSelect }: Props) {
  const near = new Set(
    graph.edges.flatMap(({ id, from, to }) => (id === selected || from === selected || to === selected ? [id, from, to] : [])),
  )
  const dim = (id: string) => selected !== '' && id !== selected && !near.has(id)
  const byRate = graph.edges.toSorted((a, b) => b.traffic.rate - a.traffic.rate)
  const labels = placeLabels(layout, new Map(byRate.map(edge => [edge.id, labelSize(edge)])))
  const animated = graph.edges.length <= MOST_ANIMATED
  return (
    <svg className="picture" width={layout.width} height={layout.height}>
      <title>Services and who calls them</title>
      {layout.lanes.map(({ name, y, height }) => (
        <g key={name}>
          <rect className="lane" x={8} y={y} width={layout.width - 16} height={height} rx={10} />
          <text className="lane-name" x={20} y={y + 18}>
            {name === '' ? 'no namespace' : name}
          </text>
        </g>
      ))}
      {graph.edges.map(edge => (
        <Edge key={edge.id} edge={edge} layout={layout} dim={dim(edge.id)} selected={edge.id === selected} animated={animated} />
      ))}
      {graph.edges.map(edge => (
        <EdgeLabel key={edge.id} edge={edge} at={labels.get(edge.id)} dim={dim(edge.id)} />
      ))}
      {graph.nodes.map(node => (
        <Node key={node.id} node={node} layout={layout} dim={dim(node.id)} selected={node.id === selected} onSelect={onSelect} />
      ))}
    </svg>
  )
})

interface EdgeProps {
  readonly edge: TopologyEdge
  readonly layout: Layout
  readonly dim: boolean
}

function Edge({ edge, layout, dim, selected, animated }: EdgeProps & { readonly selected: boolean; readonly animated: boolean }) {
  const path = curve(layout.edges.get(edge.id) ?? [])
  if (path === '') return null
  const health = healthOf(edge.traffic)
  const width = 1.3 + Math.min(3, Math.log10(1 + edge.traffic.rate))
  // Faster where more flows, within what the eye can follow.
  const seconds = Math.max(0.6, 3 - Math.log10(1 + edge.traffic.rate))
  return (
    <g className={`edge ${health}${dim ? ' dim' : ''}${selected ? ' selected' : ''}`} data-edge={edge.id}>
      <path className="edge-reach" d={path} />
      <path className="edge-line" d={path} strokeWidth={width} />
      {animated && health !== 'idle' && (
        <path className="edge-flow" d={path} strokeWidth={width} style={{ animationDuration: `${seconds}s` }} />
      )}
    </g>
  )
}

function EdgeLabel({ edge, at, dim }: { readonly edge: TopologyEdge; readonly at: Point | undefined; readonly dim: boolean }) {
  if (!at) return null
  const lines = labelLines(edge)
  const locked = edge.mutualTls === true
  const { width, height } = labelSize(edge)
  return (
    <g
      className={`edge-label ${healthOf(edge.traffic)}${dim ? ' dim' : ''}`}
      transform={`translate(${at.x - width / 2} ${at.y - height / 2})`}
    >
      <rect width={width} height={height} rx={5} />
      {locked && <path className="lock" d="M6 8.2h6v4.6H6zM7.2 8.2V6.8a1.8 1.8 0 0 1 3.6 0v1.4" />}
      {lines.map((line, i) => (
        <text key={line} x={locked ? 17 : 6} y={12.5 + i * 13} className={i > 0 ? 'second' : ''}>
          {line}
        </text>
      ))}
    </g>
  )
}

function labelSize(edge: TopologyEdge): Size {
  const lines = labelLines(edge)
  return {
    width: Math.max(...lines.map(line => line.length)) * 5.7 + (edge.mutualTls === true ? 23 : 12),
    height: 5 + lines.length * 13,
  }
}

function labelLines({ traffic, protocol, versions }: TopologyEdge): string[] {
  const errors =
    traffic.errorShare >= 0.001
      ? `  ${percent(traffic.errorShare)} err`
      : traffic.rejectedShare >= 0.01
        ? `  ${percent(traffic.rejectedShare)} 4xx`
        : ''
  const first = protocol === 'tcp' ? `tcp  ${bytes(traffic.bytesPerSecond)}/s` : `${rate(traffic.rate)}${errors}`
  if (versions.length < 2 || protocol === 'tcp') return [first]
  return [
    first,
    versions
      .map(({ version, seen, weight }) => `${version} ${seen === null ? `${weight ?? 0}` : Math.round(seen * 100)}%`)
      .join('  '),
  ]
}

function Node({
  node,
  layout,
  dim,
  selected,
  onSelect,
}: {
  readonly node: TopologyNode
  readonly layout: Layout
  readonly dim: boolean
  readonly selected: boolean
  readonly onSelect: (id: string) => void
}) {
  const place = layout.nodes.get(node.id)
  if (!place) return null
  const health = node.pods > 0 && node.ready === 0 ? 'bad' : healthOf(node.traffic)
  const name = node.name.length > 22 ? `${node.name.slice(0, 21)}…` : node.name
  return (
    // biome-ignore lint/a11y/useSemanticElements: a button cannot stand in a drawing
    <g
      className={`node ${health} ${node.kind}${dim ? ' dim' : ''}${selected ? ' selected' : ''}`}
      transform={`translate(${place.x} ${place.y})`}
      role="button"
      tabIndex={0}
      aria-label={nodeWords(node, health)}
      aria-pressed={selected}
      data-node={node.id}
      onClick={() => onSelect(node.id)}
      onKeyDown={event => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        onSelect(node.id)
      }}
    >
      <rect className="node-box" width={NODE.width} height={NODE.height} rx={8} />
      <circle className="node-dot" cx={16} cy={17.5} r={4} />
      <text className="node-name" x={27} y={22}>
        {name}
      </text>
      <text className="node-more" x={27} y={38}>
        {moreOf(node)}
      </text>
    </g>
  )
}

function moreOf({ kind, traffic, versions, pods, ready }: TopologyNode): string {
  const what =
    kind === 'gateway' ? 'gateway' : kind === 'external' ? 'outside the mesh' : kind === 'unknown' ? 'not in the mesh' : ''
  const flow = traffic.rate > 0 ? rate(traffic.rate) : traffic.bytesPerSecond > 0 ? `${bytes(traffic.bytesPerSecond)}/s` : ''
  const health = pods > 0 && ready < pods ? `${ready} of ${pods} ready` : ''
  const version = versions.length > 1 ? versions.slice(0, 3).join(' ') : ''
  return (
    [health, flow, version, what]
      .filter(part => part !== '')
      .slice(0, 2)
      .join('  ·  ') || (pods > 0 ? count(pods, 'pod') : 'no pods')
  )
}

function nodeWords({ name, namespace, kind, traffic, ready, pods }: TopologyNode, health: keyof typeof HEALTH_WORDS): string {
  const flow = traffic.rate > 0 ? `, ${amount(traffic.rate)} requests a second, ${percent(traffic.errorShare)} fail` : ''
  return `${kind} ${name}${namespace === '' ? '' : ` in ${namespace}`}: ${HEALTH_WORDS[health]}${flow}, ${ready} of ${count(pods, 'pod')} ready`
}
