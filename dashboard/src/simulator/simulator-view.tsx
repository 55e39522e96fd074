/** The policy simulator: a request that nobody sends, and what the proxies would do with it, step by step. */
import { type FormEvent, useState } from 'react'
import type { Answer, Step } from '../../../src/explain/request/answer.ts'
import type { Simulation } from '../../../src/run/dashboard/view/simulation.ts'
import { post } from '../api/client.ts'
import { useAbout } from '../shell/about.ts'
import { replaceQuery, useLocation } from '../shell/location.ts'
import { Icon } from '../ui/icons.tsx'
import { PlaceLink } from '../ui/place-link.tsx'
import { Empty, Failure } from '../ui/states.tsx'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const

export function SimulatorView() {
  const { query } = useLocation()
  const about = useAbout()
  const [result, setResult] = useState<Simulation | undefined>()
  const [error, setError] = useState<string | undefined>()
  const [busy, setBusy] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name) ?? '').trim()
    replaceQuery({ from: text('from'), url: text('url'), method: text('method') })
    setBusy(true)
    try {
      const request = {
        from: text('from'),
        url: text('url'),
        method: text('method'),
        token: text('token'),
        headers: headersOf(text('headers')),
      }
      setResult(await post<Simulation>('/api/simulate', request))
      setError(undefined)
    } catch (error) {
      setResult(undefined)
      setError(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }
  return (
    <>
      <div className="head">
        <h1>Simulator</h1>
        <span className="quiet">Would it get through, and why? Decided by the proxies’ own code; nothing is sent.</span>
      </div>
      <div className="body">
        <form className="card simulator" onSubmit={event => void submit(event)}>
          <label className="label">
            <span>From</span>
            <input
              className="field"
              name="from"
              required
              list="workloads"
              placeholder="namespace/workload"
              defaultValue={query.get('from') ?? ''}
            />
            <datalist id="workloads">
              {about?.workloads.map(name => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </label>
          <label className="label method">
            <span>Method</span>
            <select className="field" name="method" defaultValue={query.get('method') ?? 'GET'}>
              {METHODS.map(method => (
                <option key={method}>{method}</option>
              ))}
            </select>
          </label>
          <label className="label url">
            <span>To</span>
            <input
              className="field"
              name="url"
              required
              placeholder="http://catalog/products"
              defaultValue={query.get('url') ?? ''}
            />
          </label>
          <label className="label">
            <span>Headers, one a line</span>
            <textarea className="field mono" name="headers" rows={2} placeholder="x-test-group: beta" />
          </label>
          <label className="label url">
            <span>Token (JWT)</span>
            <textarea className="field mono" name="token" rows={2} placeholder="none" />
          </label>
          <button type="submit" className="button primary" disabled={busy}>
            Simulate
          </button>
        </form>
        {error !== undefined && <Failure message={error} />}
        {result ? (
          <Result simulation={result} />
        ) : (
          error === undefined && (
            <Empty title="Nothing asked yet">
              Choose who calls, and whom. The answer names every rule on the way, with its file and line.
            </Empty>
          )
        )}
      </div>
    </>
  )
}

function headersOf(text: string): [string, string][] {
  return text.split('\n').flatMap((line): [string, string][] => {
    const colon = line.indexOf(':')
    return colon < 1 ? [] : [[line.slice(0, colon).trim(), line.slice(colon + 1).trim()]]
  })
}

function Result({ simulation }: { readonly simulation: Simulation }) {
  const { verdict, sentence, notes, answer } = simulation
  const good = verdict !== 'refused'
  return (
    <>
      <div className={`notice ${good ? 'good' : 'bad'} verdict`} role="status">
        <Icon name={good ? 'check' : 'error'} />
        <div>
          <p className="blame-cause">
            {good ? 'Allowed: ' : 'Refused: '}
            {sentence}
          </p>
          {notes.map(note => (
            <p key={note} className="quiet">
              {note}
            </p>
          ))}
        </div>
      </div>
      <section className="card">
        <header>
          <h2>At the caller</h2>
          {answer.outcomes.length > 1 && <span className="quiet small">the likeliest of {answer.outcomes.length} outcomes</span>}
        </header>
        <Steps steps={answer.steps} />
        <Outcomes answer={answer} />
      </section>
      {answer.server && (
        <section className="card">
          <header>
            <h2>At {answer.server.workload}</h2>
          </header>
          <Steps steps={answer.server.answer.steps} />
        </section>
      )}
    </>
  )
}

function Steps({ steps }: { readonly steps: readonly Step[] }) {
  return (
    <ol className="decisions">
      {steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have an order and no names
        <li key={i}>
          <span className="decision-subject">{step.subject}</span>
          <div>
            <p>{step.text}</p>
            {step.notes?.map(note => (
              <p key={note} className="quiet small">
                {note}
              </p>
            ))}
          </div>
          {step.cause ? <PlaceLink place={step.cause} /> : <span />}
        </li>
      ))}
    </ol>
  )
}

function Outcomes({ answer: { outcomes } }: { readonly answer: Answer }) {
  if (outcomes.length < 2) return null
  return (
    <ul className="outcomes">
      {outcomes.map(({ share, action }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: outcomes have an order and no names
        <li key={i}>
          <b className="number">{Math.round(share * 100)} %</b>
          <code>
            {action.kind === 'forward'
              ? action.cluster
              : action.kind === 'answer'
                ? `answers ${action.status}`
                : 'closes the connection'}
          </code>
        </li>
      ))}
    </ul>
  )
}
