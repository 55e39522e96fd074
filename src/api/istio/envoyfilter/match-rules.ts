/** Rules for the match of a patch: it must speak of the kind of object that the patch changes, and go as deep as it can. */
import type { Findings } from '../../findings.ts'
import { checkFilterName } from './patch-value.ts'
import type { EnvoyConfigObjectPatch, ObjectMatch } from './schema.ts'

type Target = NonNullable<EnvoyConfigObjectPatch['applyTo']>
type Subject = 'listener' | 'routeConfiguration' | 'cluster'

/** Which match fits which kind of object; kinds that are not here can have none or any. */
const subjects: { readonly [Name in Target]?: Subject } = {
  LISTENER: 'listener',
  LISTENER_FILTER: 'listener',
  FILTER_CHAIN: 'listener',
  NETWORK_FILTER: 'listener',
  HTTP_FILTER: 'listener',
  ROUTE_CONFIGURATION: 'routeConfiguration',
  VIRTUAL_HOST: 'routeConfiguration',
  HTTP_ROUTE: 'routeConfiguration',
  CLUSTER: 'cluster',
}

const httpManagers = new Set(['envoy.filters.network.http_connection_manager', 'envoy.http_connection_manager'])

/** @param findings at `match` */
export function checkMatch(applyTo: Target, match: ObjectMatch, findings: Findings): void {
  const fitting = subjects[applyTo]
  for (const subject of ['listener', 'routeConfiguration', 'cluster'] as const) {
    if (fitting !== undefined && match[subject] !== undefined && subject !== fitting)
      findings.at(subject).error(`it does not speak of a ${applyTo}: expected ${fitting}`)
  }
  const filter = match.listener?.filterChain?.filter
  if (fitting === 'listener' && filter) checkFilter(applyTo, filter, findings.at('listener', 'filterChain', 'filter'))
}

type NamedFilter = NonNullable<NonNullable<NonNullable<ObjectMatch['listener']>['filterChain']>['filter']>

function checkFilter(applyTo: Target, { name, subFilter }: NamedFilter, findings: Findings): void {
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') findings.warning(`it has no effect on a ${applyTo}`)
  if (!name) {
    findings.error('"name" is missing: expected the name of a filter', { code: 'missing-field' })
    return
  }
  checkFilterName(name, findings.at('name'))
  if (!subFilter) return
  const at = findings.at('subFilter')
  if (applyTo !== 'HTTP_FILTER') at.error(`a ${applyTo} has no filters inside: expected it with applyTo HTTP_FILTER only`)
  if (!httpManagers.has(name))
    at.error(`"${name}" has no filters inside: expected "envoy.filters.network.http_connection_manager"`)
  if (!subFilter.name) at.error('"name" is missing: expected the name of a filter', { code: 'missing-field' })
  checkFilterName(subFilter.name, at.at('name'))
}
