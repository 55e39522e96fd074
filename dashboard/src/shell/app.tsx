/** The frame around every view. */
import { useEffect, useRef, useState } from 'react'
import { AlertsView } from '../alerts/alerts-view.tsx'
import { useQuery } from '../api/use-query.ts'
import { ConfigView } from '../config/config-view.tsx'
import { GraphView } from '../graph/graph-view.tsx'
import { ProxiesView } from '../proxies/proxies-view.tsx'
import { RequestsView } from '../requests/requests-view.tsx'
import { StoryView } from '../requests/story-view.tsx'
import { ServiceListView } from '../service/service-list.tsx'
import { ServiceView } from '../service/service-view.tsx'
import { SimulatorView } from '../simulator/simulator-view.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import { Failure } from '../ui/states.tsx'
import { type About, AboutContext } from './about.ts'
import { href, useLocation } from './location.ts'
import { LogIn } from './log-in.tsx'
import { applyTheme, chosenTheme, nextTheme } from './theme.ts'

const VIEWS: readonly {
  readonly view: string
  readonly icon: IconName
  readonly title: string
  readonly also?: readonly string[]
}[] = [
  { view: 'graph', icon: 'graph', title: 'Graph' },
  { view: 'services', icon: 'services', title: 'Services', also: ['service'] },
  { view: 'requests', icon: 'requests', title: 'Requests', also: ['request'] },
  { view: 'config', icon: 'config', title: 'Configuration' },
  { view: 'simulator', icon: 'simulate', title: 'Simulator' },
  { view: 'alerts', icon: 'alerts', title: 'Alerts' },
  { view: 'proxies', icon: 'proxies', title: 'Proxies' },
]

export function App() {
  const { view } = useLocation()
  const about = useQuery<About>('/api/about', 5000)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  const current = VIEWS.find(each => each.view === view || each.also?.includes(view))
  useEffect(() => {
    document.title = `${current?.title ?? 'mizzen'} · mizzen`
    // A new view begins at its top, for readers of the screen too.
    if (first.current) first.current = false
    else main.current?.focus()
  }, [current])
  return (
    <AboutContext value={about.data}>
      <div className="shell">
        <button type="button" className="skip" onClick={() => main.current?.focus()}>
          Skip to content
        </button>
        <Side current={current?.view} about={about.data} onLogIn={about.refresh} />
        <main className="main" ref={main} tabIndex={-1} aria-label={current?.title ?? 'mizzen'}>
          {about.error !== undefined && (
            <div className="head">
              <Failure message={about.error} />
            </div>
          )}
          <View name={view} />
        </main>
      </div>
    </AboutContext>
  )
}

function View({ name }: { readonly name: string }) {
  switch (name) {
    case 'services':
      return <ServiceListView />
    case 'service':
      return <ServiceView />
    case 'requests':
      return <RequestsView />
    case 'request':
      return <StoryView />
    case 'config':
      return <ConfigView />
    case 'simulator':
      return <SimulatorView />
    case 'alerts':
      return <AlertsView />
    case 'proxies':
      return <ProxiesView />
    default:
      return <GraphView />
  }
}

function Side({
  current,
  about,
  onLogIn,
}: {
  readonly current: string | undefined
  readonly about: About | undefined
  readonly onLogIn: () => void
}) {
  return (
    <div className="side">
      <div className="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" fill="var(--accent)" />
          <path
            d="M15 5v21M15 7l9 14H15M13 11 7 21h6M6 25h20"
            fill="none"
            stroke="var(--accent-ink)"
            strokeWidth="2.4"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        <div>
          <b>mizzen</b>
          <span title={about?.title}>{about?.title ?? '\u00a0'}</span>
        </div>
      </div>
      <nav className="nav" aria-label="Views">
        {VIEWS.map(({ view, icon, title }) => (
          <a key={view} href={href(view)} aria-current={current === view ? 'page' : undefined}>
            <Icon name={icon} />
            <span>{title}</span>
            {view === 'config' && about && about.errors > 0 && <span className="badge bad">{about.errors}</span>}
          </a>
        ))}
      </nav>
      <div className="side-foot">
        {about?.canLogIn ? <LogIn onDone={onLogIn} /> : <span>{about && !about.mayChange ? 'read-only' : ''}</span>}
        <ThemeButton />
      </div>
    </div>
  )
}

function ThemeButton() {
  const [theme, setTheme] = useState(chosenTheme)
  return (
    <button
      type="button"
      className="button icon-only"
      title={`Theme: ${theme}`}
      aria-label={`Theme: ${theme}. Change it`}
      onClick={() => {
        const next = nextTheme(theme)
        applyTheme(next)
        setTheme(next)
      }}
    >
      <Icon name="theme" />
    </button>
  )
}
