/** "catalog.yaml:109": leads to that line in the configuration view. */
import type { Place } from '../../../src/run/dashboard/view/rules-in-effect.ts'
import { href } from '../shell/location.ts'

export function PlaceLink({ place }: { readonly place: Place }) {
  const { file, line, object, rule } = place
  if (file === '' || file.startsWith('<')) return <span className="quiet">{object}</span>
  const name = file.slice(file.lastIndexOf('/') + 1)
  return (
    <a className="place" href={href('config', { file, line })} title={`${file}:${line}  ${object} ${rule}`.trim()}>
      {name}
      {line > 0 ? `:${line}` : ''}
    </a>
  )
}
