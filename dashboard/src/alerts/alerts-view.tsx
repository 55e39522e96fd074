/** What needs somebody: requests that fail at present by cause, alerts, and what is wrong with the configuration. */
import type { AlertView } from '../../../src/run/dashboard/parts.ts'
import type { ProblemView } from '../../../src/run/dashboard/view/request-views.ts'
import type { Diagnostic } from '../../../src/source/diagnostic.ts'
import { useQuery } from '../api/use-query.ts'
import { BlameNotice } from '../requests/blame-notice.tsx'
import { href } from '../shell/location.ts'
import { DiagnosticList } from '../ui/diagnostic-list.tsx'
import { ago, count } from '../ui/format.ts'
import { PlaceLink } from '../ui/place-link.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'

export function AlertsView() {
  const problems = useQuery<readonly ProblemView[]>('/api/problems', 3000)
  const alerts = useQuery<{ readonly alerts: readonly AlertView[] }>('/api/alerts', 5000)
  const config = useQuery<{ readonly diagnostics: readonly Diagnostic[] }>('/api/config', 5000)
  const inState = (wanted: AlertView['state']) => alerts.data?.alerts.filter(({ state }) => state === wanted).length ?? 0
  const [firing, pending] = [inState('firing'), inState('pending')]
  const diagnostics = config.data?.diagnostics.filter(({ level }) => level !== 'info') ?? []
  return (
    <>
      <div className="head">
        <h1>Alerts</h1>
      </div>
      <div className="body">
        {problems.error !== undefined && <Failure message={problems.error} />}
        <section className="card">
          <header>
            <h2>Failing now</h2>
            <span className="quiet small">requests of the last two minutes, by cause</span>
          </header>
          {!problems.data && problems.error === undefined && <Loading />}
          {problems.data?.length === 0 && (
            <Empty title="Nothing fails">No proxy has told of a failed request in the last two minutes.</Empty>
          )}
          {problems.data?.map(problem => (
            <BlameNotice key={problem.sentence} blame={problem.blame}>
              <p className="quiet small">
                {count(problem.requests, 'request')}, the last {ago(Date.parse(problem.latest.story.time))}.{' '}
                <a className="link" href={href('request', { id: problem.latest.story.id })}>
                  Its story
                </a>
              </p>
            </BlameNotice>
          ))}
        </section>
        <section className="card">
          <header>
            <h2>Alert rules</h2>
            {firing > 0 && <span className="badge bad">{firing} firing</span>}
            {pending > 0 && <span className="badge warn">{pending} pending</span>}
            {alerts.data && firing + pending === 0 && <span className="badge good">all quiet</span>}
          </header>
          {alerts.data && alerts.data.alerts.length === 0 && (
            <Empty title="No rules">
              An AlertRule watches a service’s errors, latency or traffic, and shows here when it fires.
            </Empty>
          )}
          {alerts.data && alerts.data.alerts.length > 0 && <Rules alerts={alerts.data.alerts} />}
        </section>
        {diagnostics.length > 0 && (
          <section className="card">
            <header>
              <h2>Configuration</h2>
            </header>
            <DiagnosticList diagnostics={diagnostics} />
          </section>
        )}
      </div>
    </>
  )
}

/** "cart.shop.svc.cluster.local" is cart.shop to everybody who works with it. */
function shortName(host: string): string {
  return host.replace(/\.svc\..*$/, '')
}

const RANK = { firing: 0, pending: 1, quiet: 2 } as const

function Rules({ alerts }: { readonly alerts: readonly AlertView[] }) {
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th>State</th>
            <th>Alert</th>
            <th>Severity</th>
            <th>About</th>
            <th>Measured</th>
            <th>Since</th>
            <th>Rule</th>
          </tr>
        </thead>
        <tbody>
          {alerts
            .toSorted((a, b) => RANK[a.state] - RANK[b.state])
            .map(alert => (
              <tr key={`${alert.name} ${alert.about}`}>
                <td>
                  <span className={`badge ${alert.state === 'firing' ? 'bad' : alert.state === 'pending' ? 'warn' : ''}`}>
                    {alert.state}
                  </span>
                </td>
                <td>
                  <b>{alert.name.slice(alert.name.indexOf('/') + 1)}</b>
                  <div className="quiet small">{alert.summary}</div>
                </td>
                <td>{alert.severity}</td>
                <td>{alert.about === '' ? <span className="quiet">all of the mesh</span> : shortName(alert.about)}</td>
                <td>{alert.value}</td>
                <td className="no-wrap">{alert.since > 0 ? ago(alert.since) : ''}</td>
                <td>
                  {alert.file === '' ? (
                    <span className="quiet">on by default</span>
                  ) : (
                    <PlaceLink place={{ object: alert.object, rule: '', file: alert.file, line: alert.line }} />
                  )}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  )
}
