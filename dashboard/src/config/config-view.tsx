/** The configuration: files and objects with what is wrong, and an editor that tells what an edit would do before it is saved. */
import { useState } from 'react'
import type { ConfigObjectView } from '../../../src/run/dashboard/view/config-objects.ts'
import type { Diagnostic } from '../../../src/source/diagnostic.ts'
import { useQuery } from '../api/use-query.ts'
import { href, useLocation } from '../shell/location.ts'
import { DiagnosticList } from '../ui/diagnostic-list.tsx'
import { count } from '../ui/format.ts'
import { isInCluster, placeHref } from '../ui/place-link.tsx'
import { SearchField } from '../ui/search-field.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { FileEditor } from './file-editor.tsx'
import { ObjectText } from './object-text.tsx'

interface Config {
  readonly files: readonly string[]
  readonly objects: readonly ConfigObjectView[]
  readonly diagnostics: readonly Diagnostic[]
}

export function ConfigView() {
  const { query } = useLocation()
  const { data, error, refresh } = useQuery<Config>('/api/config', 5000)
  const file = query.get('file') ?? ''
  const object = query.get('object') ?? ''
  const hasFiles = data?.files.length !== 0
  const line = Number(query.get('line') ?? 0)
  return (
    <>
      <div className="head">
        <h1>Configuration</h1>
        {data && <Summary diagnostics={data.diagnostics} />}
      </div>
      <div className="body">
        {error !== undefined && <Failure message={error} />}
        {!data && error === undefined && <Loading />}
        {data && (
          <div className={`config${file + object === '' ? '' : ' with-file'}`}>
            <FileTree config={data} open={file || object} />
            {object !== '' ? (
              <ObjectText key={object} object={object} />
            ) : file === '' ? (
              <section className="card">
                <header>
                  <h2>What is wrong</h2>
                </header>
                {data.diagnostics.length === 0 ? (
                  <Empty title="Nothing">All objects are in order. Choose one to read{hasFiles ? ' or edit it' : ' it'}.</Empty>
                ) : (
                  <DiagnosticList diagnostics={data.diagnostics} />
                )}
              </section>
            ) : (
              <FileEditor key={file} file={file} line={line} onSaved={refresh} />
            )}
          </div>
        )}
      </div>
    </>
  )
}

function Summary({ diagnostics }: { readonly diagnostics: readonly Diagnostic[] }) {
  const of = (level: Diagnostic['level']) => diagnostics.filter(each => each.level === level).length
  const [errors, warnings] = [of('error'), of('warning')]
  return (
    <>
      {errors > 0 && <span className="badge bad">{count(errors, 'error')}</span>}
      {warnings > 0 && <span className="badge warn">{count(warnings, 'warning')}</span>}
      {errors + warnings === 0 && <span className="badge good">in order</span>}
    </>
  )
}

function FileTree({ config, open }: { readonly config: Config; readonly open: string }) {
  const [text, setText] = useState('')
  const wanted = text.trim().toLowerCase()
  const objects = config.objects.filter(({ kind, name, namespace, file }) =>
    `${kind} ${namespace}/${name} ${file}`.toLowerCase().includes(wanted),
  )
  // A cluster has no files: there the namespaces are what one looks in.
  const groups = Map.groupBy(objects, object => (isInCluster(object) ? object.namespace || 'the whole cluster' : object.file))
  return (
    <nav className="card tree" aria-label="Objects">
      <div className="tree-search">
        <SearchField label="Find objects" placeholder="Find an object" value={text} onChange={setText} />
      </div>
      <ul>
        {[...groups].map(([group, list]) => (
          <li key={group}>
            {list.some(isInCluster) ? (
              <b className="tree-file">{group}</b>
            ) : (
              <a
                className="tree-file"
                href={href('config', { file: group })}
                aria-current={group === open ? 'page' : undefined}
                title={group}
              >
                {group.slice(group.lastIndexOf('/') + 1)}
              </a>
            )}
            <ul>
              {list.map(each => (
                <li key={`${each.group} ${nameOf(each)}`}>
                  <a
                    href={placeHref({ ...each, object: nameOf(each) })}
                    aria-current={isInCluster(each) && nameOf(each) === open ? 'page' : undefined}
                  >
                    <span className="quiet">{each.kind}</span> <span className="ellipsis">{each.name}</span>
                    {each.errors > 0 && <span className="badge bad">{each.errors}</span>}
                    {each.warnings > 0 && <span className="badge warn">{each.warnings}</span>}
                  </a>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** As messages name it: "VirtualService shop/cart". */
function nameOf({ kind, namespace, name }: ConfigObjectView): string {
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`
}
