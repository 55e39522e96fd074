/** What broke, whose fault it is, and the line to change. */
import type { Blame } from '../../../src/explain/story/pinpoint.ts'
import { Icon } from '../ui/icons.tsx'
import { isInCluster, PlaceLink } from '../ui/place-link.tsx'

export function BlameNotice({ blame, children }: { readonly blame: Blame; readonly children?: React.ReactNode }) {
  const { culprit, cause, advice, at, also } = blame
  return (
    <div className="notice bad blame" role="alert">
      <Icon name="error" />
      <div>
        <p className="blame-cause">
          {cause.slice(0, 1).toUpperCase()}
          {cause.slice(1)}.
        </p>
        <p>
          {advice.slice(0, 1).toUpperCase()}
          {advice.slice(1)}.
        </p>
        <dl>
          <dt>To act</dt>
          <dd>{culprit}</dd>
          {at && (
            <>
              <dt>Change</dt>
              <dd>
                <PlaceLink place={{ ...at, rule: at.field }} /> {!isInCluster(at) && at.object} <code>{at.field}</code>
              </dd>
            </>
          )}
          {also.length > 0 && (
            <>
              <dt>See also</dt>
              <dd>
                {also.map(place => (
                  <span key={`${place.object}${place.field}`}>
                    <PlaceLink place={{ ...place, rule: place.field }} /> {!isInCluster(place) && place.object}{' '}
                    <code>{place.field}</code>
                  </span>
                ))}
              </dd>
            </>
          )}
        </dl>
        {children}
      </div>
    </div>
  )
}
