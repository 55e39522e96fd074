/** The proxies, and whether each has what it should have. */
import type { ProxyView } from '../../../src/run/dashboard/view/proxy-list.ts'
import { useQuery } from '../api/use-query.ts'
import { ago } from '../ui/format.ts'
import { Empty, Failure, Loading } from '../ui/states.tsx'

const TYPES = [
  ['Listener', 'Listeners'],
  ['RouteConfiguration', 'Routes'],
  ['Cluster', 'Clusters'],
  ['ClusterLoadAssignment', 'Endpoints'],
  ['Secret', 'Secrets'],
] as const

const STATES = {
  SYNCED: ['good', 'in sync'],
  STALE: ['warn', 'on its way'],
  NACKED: ['bad', 'refused'],
  'NOT SENT': ['', 'nothing to send'],
} as const

export function ProxiesView() {
  const { data, error } = useQuery<readonly ProxyView[]>('/api/proxies', 2500)
  const synced = data?.filter(({ state }) => state === 'SYNCED').length ?? 0
  return (
    <>
      <div className="head">
        <h1>Proxies</h1>
        {data && (
          <span className={`badge ${synced === data.length ? 'good' : 'warn'}`} role="status">
            {synced} of {data.length} in sync
          </span>
        )}
      </div>
      <div className="body">
        {error !== undefined && <Failure message={error} />}
        {!data && error === undefined && <Loading />}
        {data?.length === 0 && <Empty title="No proxy">None is connected to this control plane.</Empty>}
        {data && data.length > 0 && (
          <div className="card scroll">
            <table>
              <thead>
                <tr>
                  <th>Proxy</th>
                  <th>Namespace</th>
                  <th>Engine</th>
                  {TYPES.map(([type, title]) => (
                    <th key={type}>{title}</th>
                  ))}
                  <th>Connected</th>
                </tr>
              </thead>
              <tbody>
                {data.map(proxy => (
                  <Row key={`${proxy.node} ${proxy.connectedAt}`} proxy={proxy} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </div>
    </>
  )
}

function Row({ proxy }: { readonly proxy: ProxyView }) {
  const refusals = proxy.types.filter(({ refusal }) => refusal !== '')
  return (
    <>
      <tr>
        <td>
          <b className="row-title">{proxy.name}</b>
        </td>
        <td className="quiet">{proxy.namespace}</td>
        <td>
          {proxy.engine} <span className="quiet">{proxy.version}</span>
        </td>
        {TYPES.map(([type]) => {
          const found = proxy.types.find(each => each.type === type)
          const [tone, words] = found ? STATES[found.state] : ['', '–']
          return (
            <td key={type} className="nowrap">
              {found ? <span className={`badge ${tone}`}>{words}</span> : <span className="quiet">{words}</span>}
            </td>
          )
        })}
        <td className="quiet nowrap">{ago(proxy.connectedAt)}</td>
      </tr>
      {refusals.map(({ type, refusal }) => (
        <tr key={type}>
          <td colSpan={9} className="bad">
            {type}: {refusal}
          </td>
        </tr>
      ))}
    </>
  )
}
