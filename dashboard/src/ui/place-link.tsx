/** "catalog.yaml:109": leads to that line in the configuration view; of what a cluster holds, to the object. */
import type { Place } from '../../../src/run/dashboard/view/rules-in-effect.ts'
import { href } from '../shell/location.ts'

/** What stands for a file where objects come from a cluster. */
const CLUSTER = 'cluster'

export function isInCluster({ file }: Pick<Place, 'file'>): boolean {
  return file === CLUSTER
}

/** Where the configuration view shows it. */
export function placeHref({ file, line, object }: Pick<Place, 'file' | 'line' | 'object'>): string {
  return file === CLUSTER ? href('config', { object }) : href('config', { file, line })
}

export function PlaceLink({ place }: { readonly place: Place }) {
  const { file, line, object, rule } = place
  if (file === '' || file.startsWith('<')) return <span className="quiet">{object}</span>
  const name = isInCluster(place) ? object : `${file.slice(file.lastIndexOf('/') + 1)}${line > 0 ? `:${line}` : ''}`
  const title = isInCluster(place) ? `${object} ${rule}` : `${file}:${line}  ${object} ${rule}`
  return (
    <a className="place" href={placeHref(place)} title={title.trim()}>
      {name}
    </a>
  )
}
