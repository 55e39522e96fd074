/** What is wrong with the configuration, one entry each, with its place and what to write instead. */
import type { Diagnostic } from '../../../src/source/diagnostic.ts'
import { Icon } from './icons.tsx'
import { PlaceLink } from './place-link.tsx'

export function DiagnosticList({ diagnostics }: { readonly diagnostics: readonly Diagnostic[] }) {
  return (
    <ul className="diagnostics">
      {diagnostics.map(each => (
        <li key={`${each.file}:${each.line}:${each.column}:${each.code}:${each.message}`} className={toneOf(each)}>
          <Icon name={each.level === 'error' ? 'error' : 'warning'} />
          <div>
            <p>
              <span className="visually-hidden">{each.level}: </span>
              {each.message}
              {each.effect !== undefined && <span className="quiet">; {each.effect}</span>}
            </p>
            {each.fix !== undefined && <p className="fix">{each.fix}</p>}
            <p className="small quiet where">
              <PlaceLink place={{ object: each.resource, rule: '', file: each.file, line: each.line }} />
              <span>{each.resource}</span>
              <code>{each.code}</code>
            </p>
          </div>
        </li>
      ))}
    </ul>
  )
}

function toneOf({ level }: Diagnostic): string {
  return level === 'error' ? 'bad' : level === 'warning' ? 'warn' : 'info'
}
