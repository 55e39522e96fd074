/** All services in a table: the graph for those who read lists. */
import { useState } from 'react'
import type { Topology, TopologyNode } from '../../../src/run/dashboard/view/topology.ts'
import { useQuery } from '../api/use-query.ts'
import { href } from '../shell/location.ts'
import { milliseconds, percent, rate } from '../ui/format.ts'
import { HEALTH_WORDS, healthOf } from '../ui/health.ts'
import { SearchField } from '../ui/search-field.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'

export function ServiceListView() {
  const { data, error } = useQuery<Topology>('/api/topology?seconds=60', 5000)
  const [text, setText] = useState('')
  const services = (data?.nodes ?? [])
    .filter(({ kind }) => kind !== 'unknown')
    .filter(({ name, namespace }) => `${name} ${namespace}`.toLowerCase().includes(text.trim().toLowerCase()))
    .toSorted(
      (a, b) => b.traffic.errorShare * b.traffic.rate - a.traffic.errorShare * a.traffic.rate || b.traffic.rate - a.traffic.rate,
    )
  return (
    <>
      <div className="head">
        <h1>Services</h1>
        <SearchField label="Find services" placeholder="Find a service" value={text} onChange={setText} />
      </div>
      <div className="body">
        {error !== undefined && <Failure message={error} />}
        {!data && error === undefined && <Loading />}
        {data && services.length === 0 && (
          <Empty title="No service">{text === '' ? 'The configuration has none yet.' : 'None has such a name.'}</Empty>
        )}
        {services.length > 0 && (
          <div className="card scroll">
            <table>
              <thead>
                <tr>
                  <th>Service</th>
                  <th>Namespace</th>
                  <th className="number">Requests</th>
                  <th className="number">Errors</th>
                  <th className="number">p50</th>
                  <th className="number">p99</th>
                  <th>Versions</th>
                  <th className="number">Pods</th>
                </tr>
              </thead>
              <tbody>
                {services.map(node => (
                  <Row key={node.id} node={node} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </>
  )
}

function Row({ node }: { readonly node: TopologyNode }) {
  const { traffic } = node
  const health = healthOf(traffic)
  const title = <b className="row-title">{node.name}</b>
  return (
    <tr>
      <td>
        <span className="with-dot">
          <span className={`dot ${health}`} title={HEALTH_WORDS[health]} />
          {node.host === '' ? title : <a href={href('service', { host: node.host })}>{title}</a>}
          {node.kind !== 'service' && <span className="badge">{node.kind}</span>}
        </span>
      </td>
      <td className="quiet">{node.namespace}</td>
      <td className="number">{traffic.rate > 0 ? rate(traffic.rate) : <span className="quiet">–</span>}</td>
      <td className={`number ${health === 'bad' || health === 'warn' ? health : ''}`}>
        {traffic.rate > 0 ? percent(traffic.errorShare) : <span className="quiet">–</span>}
      </td>
      <td className="number">{milliseconds(traffic.p50)}</td>
      <td className="number">{milliseconds(traffic.p99)}</td>
      <td>{node.versions.join(', ')}</td>
      <td className={`number ${node.ready < node.pods ? 'bad' : ''}`}>{node.pods > 0 ? `${node.ready}/${node.pods}` : ''}</td>
    </tr>
  )
}
