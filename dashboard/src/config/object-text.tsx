/** An object that no file holds, to be read: it is changed where it stands, in the cluster. */
import type { ObjectText as Text } from '../../../src/run/dashboard/view/object-text.ts'
import { useQuery } from '../api/use-query.ts'
import { href } from '../shell/location.ts'
import { DiagnosticList } from '../ui/diagnostic-list.tsx'
import { Failure, Loading } from '../ui/states.tsx'

export function ObjectText({ object }: { readonly object: string }) {
  const { data, error } = useQuery<Text>(`/api/config/object?object=${encodeURIComponent(object)}`, 5000)
  return (
    <section className="card" aria-label={object}>
      <header>
        <a className="button back" href={href('config')}>
          Back
        </a>
        <h2>{object}</h2>
        <span className="quiet small">from the cluster; change it there</span>
      </header>
      {error !== undefined && <Failure message={error} />}
      {!data && error === undefined && <Loading />}
      {data && data.diagnostics.length > 0 && <DiagnosticList diagnostics={data.diagnostics} />}
      {data && <pre className="inside mono object-text">{data.text}</pre>}
    </section>
  )
}
