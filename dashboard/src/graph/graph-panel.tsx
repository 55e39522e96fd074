/** What is selected in the graph, in numbers. */
import type { Topology, TopologyEdge, TopologyNode, Traffic } from '../../../src/run/dashboard/view/topology.ts'
import { href } from '../shell/location.ts'
import { bytes, count, milliseconds, percent, rate } from '../ui/format.ts'
import { HEALTH_WORDS, healthOf } from '../ui/health.ts'
import { Icon } from '../ui/icons.tsx'

interface Props {
  readonly graph: Topology
  readonly selected: string
  readonly onSelect: (id: string) => void
}

export function GraphPanel({ graph, selected, onSelect }: Props) {
  const node = graph.nodes.find(({ id }) => id === selected)
  const edge = graph.edges.find(({ id }) => id === selected)
  const nameOf = (id: string) => graph.nodes.find(each => each.id === id)?.name ?? id
  const title = node ? node.name : edge ? `${nameOf(edge.from)} → ${nameOf(edge.to)}` : 'Gone'
  return (
    <aside className="graph-panel" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <button type="button" className="button icon-only" aria-label="Close" onClick={() => onSelect('')}>
          <Icon name="close" />
        </button>
      </header>
      {node && <NodeDetail node={node} graph={graph} nameOf={nameOf} onSelect={onSelect} />}
      {edge && <EdgeDetail edge={edge} />}
      {!node && !edge && <p className="quiet">It has had no traffic in this time.</p>}
    </aside>
  )
}

function NodeDetail({
  node,
  graph,
  nameOf,
  onSelect,
}: {
  readonly node: TopologyNode
  readonly graph: Topology
  readonly nameOf: (id: string) => string
  readonly onSelect: (id: string) => void
}) {
  const callers = graph.edges.filter(({ to }) => to === node.id)
  const calls = graph.edges.filter(({ from }) => from === node.id)
  return (
    <>
      <p className="quiet">
        {node.namespace}
        {node.pods > 0 && ` · ${node.ready} of ${count(node.pods, 'pod')} ready`}
        {node.versions.length > 0 && ` · ${node.versions.join(', ')}`}
      </p>
      {node.traffic.rate > 0 && <Numbers traffic={node.traffic} tcp={callers.every(({ protocol }) => protocol === 'tcp')} />}
      <EdgeList title="Called by" edges={callers} nameOf={edge => nameOf(edge.from)} onSelect={onSelect} />
      <EdgeList title="Calls" edges={calls} nameOf={edge => nameOf(edge.to)} onSelect={onSelect} />
      {node.host !== '' && node.kind !== 'unknown' && (
        <a className="button" href={href('service', { host: node.host })}>
          Open service
          <Icon name="arrow" />
        </a>
      )}
    </>
  )
}

function EdgeDetail({ edge }: { readonly edge: TopologyEdge }) {
  return (
    <>
      <p className="quiet">
        {edge.protocol}
        {edge.mutualTls !== null && ` · ${edge.mutualTls ? 'mutual TLS' : 'plaintext'}`}
      </p>
      <Numbers traffic={edge.traffic} tcp={edge.protocol === 'tcp'} />
      {edge.versions.length > 0 && (
        <section>
          <h3>Versions</h3>
          <ul className="shares">
            {edge.versions.map(({ version, seen, weight, errorShare }) => (
              <li key={version}>
                <span>{version}</span>
                <meter min={0} max={1} value={seen ?? 0} aria-label={`${version}: ${percent(seen ?? 0)} of requests`} />
                <span className="number">{seen === null ? '–' : percent(seen)}</span>
                <span className="quiet number">{weight === null ? '' : `of ${weight}`}</span>
                <span className={errorShare > 0 ? 'bad number' : 'number'}>
                  {errorShare > 0 ? `${percent(errorShare)} err` : ''}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  )
}

function Numbers({ traffic, tcp }: { readonly traffic: Traffic; readonly tcp: boolean }) {
  const health = healthOf(traffic)
  return (
    <dl className="numbers">
      <div>
        <dt>{tcp ? 'Connections' : 'Requests'}</dt>
        <dd>{rate(traffic.rate)}</dd>
      </div>
      {tcp ? (
        <div>
          <dt>Bytes</dt>
          <dd>{bytes(traffic.bytesPerSecond)}/s</dd>
        </div>
      ) : (
        <>
          <div>
            <dt>Errors</dt>
            <dd className={health === 'bad' || health === 'warn' ? health : ''} title={HEALTH_WORDS[health]}>
              {percent(traffic.errorShare)}
            </dd>
          </div>
          <div>
            <dt>p50</dt>
            <dd>{milliseconds(traffic.p50)}</dd>
          </div>
          <div>
            <dt>p99</dt>
            <dd>{milliseconds(traffic.p99)}</dd>
          </div>
        </>
      )}
    </dl>
  )
}

function EdgeList({
  title,
  edges,
  nameOf,
  onSelect,
}: {
  readonly title: string
  readonly edges: readonly TopologyEdge[]
  readonly nameOf: (edge: TopologyEdge) => string
  readonly onSelect: (id: string) => void
}) {
  if (edges.length === 0) return null
  return (
    <section>
      <h3>{title}</h3>
      <ul className="edge-list">
        {edges
          .toSorted((a, b) => b.traffic.rate - a.traffic.rate)
          .map(edge => (
            <li key={edge.id}>
              <button type="button" onClick={() => onSelect(edge.id)}>
                <span className={`dot ${healthOf(edge.traffic)}`} />
                <span className="ellipsis">{nameOf(edge)}</span>
                {edge.mutualTls === true && <Icon name="lock" />}
                <span className="number">{rate(edge.traffic.rate)}</span>
              </button>
            </li>
          ))}
      </ul>
    </section>
  )
}
