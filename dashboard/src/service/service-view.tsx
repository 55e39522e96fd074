/** One service: golden signals, what rules its traffic, who is at both ends, its endpoints. */

import type { RuleInEffect } from '../../../src/run/dashboard/view/rules-in-effect.ts'
import type { EndpointView, ServiceDetail } from '../../../src/run/dashboard/view/service-detail.ts'
import type { TopologyEdge } from '../../../src/run/dashboard/view/topology.ts'
import { useQuery } from '../api/use-query.ts'
import { href, useLocation } from '../shell/location.ts'
import { Chart } from '../ui/chart.tsx'
import { DiagnosticList } from '../ui/diagnostic-list.tsx'
import { amount, bytes, count, milliseconds, percent, rate } from '../ui/format.ts'
import { HEALTH_WORDS, healthOf } from '../ui/health.ts'
import { Icon } from '../ui/icons.tsx'
import { PlaceLink } from '../ui/place-link.tsx'
import { Failure, Loading } from '../ui/states.tsx'

export function ServiceView() {
  const host = useLocation().query.get('host') ?? ''
  const { data, error } = useQuery<ServiceDetail>(`/api/service?host=${encodeURIComponent(host)}`, 5000)
  return (
    <>
      <div className="head">
        {data && <Title service={data} />}
        {!data && <h1>{host}</h1>}
      </div>
      <div className="body">
        {error !== undefined && <Failure message={error} />}
        {!data && error === undefined && <Loading />}
        {data && <Content service={data} />}
      </div>
    </>
  )
}

function Title({ service }: { readonly service: ServiceDetail }) {
  const health = healthOf(service.traffic)
  return (
    <>
      <div className="title">
        <h1>
          <span className={`dot ${health}`} title={HEALTH_WORDS[health]} /> {service.name}
        </h1>
        <p className="quiet small">
          <code>{service.host}</code> · {service.ports.map(({ number, protocol }) => `${number} ${protocol}`).join(', ')}
          {service.external && ' · outside the mesh'}
        </p>
      </div>
      <span className="spring" />
      <PlaceLink place={service.place} />
      <a className="button" href={href('requests', { to: service.name })}>
        <Icon name="requests" />
        Tap
      </a>
      <a className="button" href={href('graph', { select: service.id })}>
        <Icon name="graph" />
        In the graph
      </a>
    </>
  )
}

function Content({ service }: { readonly service: ServiceDetail }) {
  const { diagnostics, rules, callers, calls, endpoints } = service
  return (
    <>
      {diagnostics.length > 0 && (
        <section className="card">
          <header>
            <h2>{count(diagnostics.length, 'problem')} in its configuration</h2>
          </header>
          <DiagnosticList diagnostics={diagnostics} />
        </section>
      )}
      <Signals service={service} />
      <section className="card">
        <header>
          <h2>Rules in effect</h2>
          <span className="quiet small">in the order in which they are looked at</span>
        </header>
        <Rules rules={rules} />
      </section>
      <section className="card">
        <header>
          <h2>Endpoints</h2>
          <span className="quiet small">
            {endpoints.filter(({ ready }) => ready).length} of {endpoints.length} ready
          </span>
        </header>
        <Endpoints endpoints={endpoints} />
      </section>
      <div className="two">
        <Edges title="Called by" edges={callers} end="from" none="Nobody has called it in the last minute." />
        <Edges title="Calls" edges={calls} end="to" none="It has called nobody in the last minute." />
      </div>
    </>
  )
}

function Signals({ service: { series, callers } }: { readonly service: ServiceDetail }) {
  const times = series.map(({ at }) => at)
  const of = (pick: (point: ServiceDetail['series'][number]) => number | null) => series.map(pick)
  const tcp = callers.length > 0 && callers.every(({ protocol }) => protocol === 'tcp')
  const hasLatency = series.some(({ traffic }) => traffic.p50 !== null)
  return (
    <section className="card signals" aria-label="Golden signals">
      <Chart
        title={tcp ? 'Connections' : 'Requests'}
        times={times}
        format={value => rate(value)}
        lines={[{ name: 'rate', tone: 'accent', values: of(({ traffic }) => traffic.rate) }]}
      />
      {tcp ? (
        <Chart
          title="Bytes"
          times={times}
          format={value => `${bytes(value)}/s`}
          lines={[{ name: 'bytes', tone: 'accent', values: of(({ traffic }) => traffic.bytesPerSecond) }]}
        />
      ) : (
        <>
          <Chart
            title="Errors"
            times={times}
            least={0.01}
            format={value => percent(value)}
            lines={[
              { name: '5xx', tone: 'bad', values: of(({ traffic }) => traffic.errorShare) },
              { name: '4xx', tone: 'quiet', values: of(({ traffic }) => traffic.rejectedShare) },
            ]}
          />
          {hasLatency ? (
            <Chart
              title="Latency"
              times={times}
              format={value => milliseconds(value)}
              lines={[
                { name: 'p50', tone: 'accent', values: of(({ traffic }) => traffic.p50) },
                { name: 'p99', tone: 'quiet', values: of(({ traffic }) => traffic.p99) },
              ]}
            />
          ) : (
            <p className="quiet small">No latency yet: it comes with the first requests.</p>
          )}
        </>
      )}
    </section>
  )
}

const CONCERNS: Readonly<Record<RuleInEffect['concern'], string>> = {
  route: 'Routes',
  traffic: 'Traffic',
  'mutual TLS': 'Mutual TLS',
  access: 'Access',
  tokens: 'Tokens',
  'rate limit': 'Rate limits',
}

function Rules({ rules }: { readonly rules: readonly RuleInEffect[] }) {
  return (
    <ul className="rules">
      {rules.map((rule, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rules have no names, and their order is what they are
        <li key={i}>
          <span className="rule-concern">{rules[i - 1]?.concern === rule.concern ? '' : CONCERNS[rule.concern]}</span>
          <span className="rule-when">{rule.when}</span>
          <span className="rule-does">{rule.does.join(' · ')}</span>
          <PlaceLink place={rule.place} />
        </li>
      ))}
    </ul>
  )
}

const ACCEPTS: Readonly<Record<EndpointView['accepts'], string>> = {
  strict: 'mutual TLS only',
  permissive: 'mutual TLS or plaintext',
  disable: 'plaintext only',
  'no sidecar': 'no sidecar',
}

function Endpoints({ endpoints }: { readonly endpoints: readonly EndpointView[] }) {
  if (endpoints.length === 0)
    return (
      <div className="inside">
        <p className="bad">It has no endpoint: every request to it fails with 503.</p>
      </div>
    )
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th>Pod</th>
            <th>Address</th>
            <th>Version</th>
            <th>Identity</th>
            <th>Accepts</th>
            <th>Health</th>
          </tr>
        </thead>
        <tbody>
          {endpoints.map(endpoint => (
            <tr key={`${endpoint.workload} ${endpoint.address}`}>
              <td>
                <span className="with-dot">
                  <span className={`dot ${endpoint.ready && endpoint.health === '' ? 'good' : 'bad'}`} />
                  {endpoint.workload || <span className="quiet">not a pod</span>}
                </span>
              </td>
              <td className="mono">{endpoint.address}</td>
              <td>{endpoint.version}</td>
              <td>{endpoint.serviceAccount}</td>
              <td>{ACCEPTS[endpoint.accepts]}</td>
              <td className={endpoint.ready && endpoint.health === '' ? '' : 'bad'}>
                {endpoint.health || (endpoint.ready ? 'ready' : 'not ready')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Edges({
  title,
  edges,
  end,
  none,
}: {
  readonly title: string
  readonly edges: readonly TopologyEdge[]
  readonly end: 'from' | 'to'
  readonly none: string
}) {
  return (
    <section className="card">
      <header>
        <h2>{title}</h2>
      </header>
      {edges.length === 0 ? (
        <p className="inside quiet">{none}</p>
      ) : (
        <table>
          <tbody>
            {edges.map(edge => (
              <tr key={edge.id}>
                <td>
                  <span className="with-dot">
                    <span className={`dot ${healthOf(edge.traffic)}`} />
                    <Neighbour id={edge[end]} />
                    {edge.mutualTls === true && <Icon name="lock" />}
                    {edge.mutualTls === false && <span className="badge warn">plaintext</span>}
                  </span>
                </td>
                <td className="quiet small">
                  {edge.versions.map(({ version, seen }) => `${version} ${seen === null ? '' : percent(seen)}`).join('  ')}
                </td>
                <td className="number">{rate(edge.traffic.rate)}</td>
                <td className="number">
                  {edge.protocol === 'tcp' ? `${amount(edge.traffic.bytesPerSecond)} B/s` : percent(edge.traffic.errorShare)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

/** "service shop/cart.shop.svc.cluster.local", "workload shop/loadgen" */
function Neighbour({ id }: { readonly id: string }) {
  const [kind = '', key = ''] = id.split(' ')
  const name = key.slice(key.indexOf('/') + 1)
  if (kind !== 'service') return <span>{name}</span>
  return (
    <a className="link" href={href('service', { host: name })}>
      {name.split('.svc.')[0]?.replace(/\.[^.]+$/, '') ?? name}
    </a>
  )
}
