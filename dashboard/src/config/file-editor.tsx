/** One file in an editor: line numbers, colours, problems beside their lines, and what would change. */
import { useEffect, useRef } from 'react'
import type { EditCheck } from '../../../src/run/dashboard/api.ts'
import type { WorkloadChange } from '../../../src/run/dashboard/view/change-preview.ts'
import type { Diagnostic } from '../../../src/source/diagnostic.ts'
import { useAbout } from '../shell/about.ts'
import { DiagnosticList } from '../ui/diagnostic-list.tsx'
import { count } from '../ui/format.ts'
import { Icon } from '../ui/icons.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import { highlighted } from './highlight.ts'
import { useEdit } from './use-edit.ts'

/** Of the editor's lines, as the style sheet has them. */
const LINE_PX = 19

export function FileEditor({
  file,
  line,
  onSaved,
}: {
  readonly file: string
  readonly line: number
  readonly onSaved: () => void
}) {
  const edit = useEdit(file, onSaved)
  const about = useAbout()
  const { opened, text, check, changed, state, error } = edit
  const mayEdit = about?.mayChange === true && opened?.readOnly === ''
  const diagnostics = changed ? (check?.diagnostics ?? []) : (opened?.diagnostics ?? [])
  const isBroken = diagnostics.some(({ level }) => level === 'error')
  return (
    <div className="edit">
      <section className="card">
        <header>
          <h2 className="mono">{file}</h2>
          {changed && <span className="badge info">edited</span>}
          {state === 'saved' && !changed && (
            <span className="badge good" role="status">
              saved, on its way to the proxies
            </span>
          )}
          <span className="spring" />
          {changed && (
            <button type="button" className="button" onClick={edit.reload}>
              Discard
            </button>
          )}
          <button
            type="button"
            className="button primary"
            disabled={!changed || !mayEdit || state === 'saving' || isBroken || !check}
            onClick={edit.save}
          >
            Apply
          </button>
        </header>
        {error !== undefined && <Failure message={error} />}
        {opened && opened.readOnly !== '' && <p className="inside quiet">{opened.readOnly}</p>}
        {about && !about.mayChange && <p className="inside quiet">This page is read-only: changes need the token.</p>}
        {!opened && error === undefined && <Loading />}
        {opened && (
          <TextArea
            text={text}
            onChange={edit.setText}
            readOnly={!mayEdit}
            diagnostics={diagnostics}
            line={line}
            label={`Text of ${file}`}
          />
        )}
      </section>
      {diagnostics.length > 0 && (
        <section className="card" aria-live="polite">
          <header>
            <h2>{count(diagnostics.length, 'problem')} in this file</h2>
          </header>
          <DiagnosticList diagnostics={diagnostics} />
        </section>
      )}
      {changed && <Consequences check={check} />}
    </div>
  )
}

interface TextProps {
  readonly text: string
  readonly onChange: (text: string) => void
  readonly readOnly: boolean
  readonly diagnostics: readonly Diagnostic[]
  readonly line: number
  readonly label: string
}

/** A text area over its coloured picture: the browser's own editing, keyboard and screen reader included. */
function TextArea({ text, onChange, readOnly, diagnostics, line, label }: TextProps) {
  const frame = useRef<HTMLDivElement>(null)
  const lines = text.split('\n')
  const worst = new Map<number, Diagnostic>()
  for (const each of diagnostics) if (worst.get(each.line)?.level !== 'error') worst.set(each.line, each)
  useEffect(() => {
    if (line > 0 && frame.current) frame.current.scrollTop = Math.max(0, (line - 6) * LINE_PX)
  }, [line])
  return (
    <div className="code" ref={frame}>
      <div className="code-gutter" aria-hidden="true">
        {lines.map((_, i) => {
          const problem = worst.get(i + 1)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <span key={i} className={`${i + 1 === line ? 'here ' : ''}${problem ? problem.level : ''}`} title={problem?.message}>
              {i + 1}
            </span>
          )
        })}
      </div>
      <div className="code-text">
        <pre aria-hidden="true">
          {lines.map((each, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <span key={i} className={`code-line ${i + 1 === line ? 'here ' : ''}${worst.get(i + 1)?.level ?? ''}`}>
              {highlighted(each).map((piece, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: pieces have an order and no names
                <span key={j} className={piece.kind === '' ? undefined : `tok-${piece.kind}`}>
                  {piece.text}
                </span>
              ))}
              {'\n'}
            </span>
          ))}
        </pre>
        <textarea
          aria-label={label}
          value={text}
          readOnly={readOnly}
          spellCheck={false}
          autoCapitalize="off"
          wrap="off"
          onChange={event => onChange(event.target.value)}
          onKeyDown={event => {
            if (event.key !== 'Tab' || event.shiftKey || readOnly) return
            // Two spaces, as YAML is written; Escape and then Tab leaves the editor.
            event.preventDefault()
            const { selectionStart, selectionEnd } = event.currentTarget
            event.currentTarget.setRangeText('  ', selectionStart, selectionEnd, 'end')
            onChange(event.currentTarget.value)
          }}
        />
      </div>
    </div>
  )
}

function Consequences({ check }: { readonly check: EditCheck | undefined }) {
  return (
    <section className="card" aria-live="polite" aria-label="What would change">
      <header>
        <h2>What would change</h2>
        {check?.changes && check.changes.length > 0 && (
          <span className="quiet small">
            {count(
              check.changes.reduce((sum, { pods }) => sum + pods, 0),
              'pod',
            )}{' '}
            of {count(check.changes.length, 'workload')}
          </span>
        )}
      </header>
      {!check && <p className="inside quiet">Looking…</p>}
      {check?.changes === null && <p className="inside">Nothing: with errors in it, the last good version keeps serving.</p>}
      {check?.changes?.length === 0 && <p className="inside">Nothing that any proxy would notice.</p>}
      {check?.changes && check.changes.length > 0 && <Changes changes={check.changes} />}
      {check && check.elsewhere.appeared.length > 0 && (
        <>
          <h3 className="inside-title">New problems in other files</h3>
          <DiagnosticList diagnostics={check.elsewhere.appeared} />
        </>
      )}
      {check && check.elsewhere.resolved.length > 0 && (
        <p className="inside good with-icon">
          <Icon name="check" />
          {count(check.elsewhere.resolved.length, 'problem')} in other files would be solved
        </p>
      )}
    </section>
  )
}

const MARKS = { added: '+', changed: '~', removed: '−' } as const

function Changes({ changes }: { readonly changes: readonly WorkloadChange[] }) {
  return (
    <ul className="changes">
      {changes.map(({ workload, pods, changes: list }) => (
        <li key={workload + list.map(({ name }) => name).join()}>
          <span className="changes-who">
            {workload}
            {pods > 1 && <span className="quiet"> × {pods}</span>}
          </span>
          <ul>
            {list.map(({ type, name, how }) => (
              <li key={type + name} className={`change ${how}`}>
                <b aria-hidden="true">{MARKS[how]}</b>
                <span className="visually-hidden">{how}</span>
                <span className="quiet">{type}</span>
                <code>{name}</code>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  )
}
