/** IST0151 to IST0155: patches of EnvoyFilters that depend on the order of others, or use an operation that its target does not have. */
import type { Analyzer } from '../analyzer.ts'
import { type Finding, finding } from '../finding.ts'
import type { Part } from '../resource.ts'

/** Things that an operation cannot add to or remove from. */
const ROUTES = ['ROUTE_CONFIGURATION', 'HTTP_ROUTE']
const REPLACEABLE = ['HTTP_FILTER', 'NETWORK_FILTER', 'LISTENER_FILTER', 'VIRTUAL_HOST']

export const envoyFilters: Analyzer = {
  name: 'envoyfilter.EnvoyPatchAnalyzer',
  description: 'patches of EnvoyFilters do not depend on order and use operations that exist',
  codes: ['IST0151', 'IST0152', 'IST0153', 'IST0154', 'IST0155'],
  inputs: ['EnvoyFilter'],
  *analyze({ resources }) {
    const versioned = new Set<string>()
    for (const { spec } of resources.of('EnvoyFilter')) {
      const hasPriority = (spec.at('priority').number() ?? 0) !== 0
      for (const patch of spec.at('configPatches').items()) yield* checkPatch(patch, hasPriority, versioned)
    }
  },
}

/** @param versioned names of filters that patches before this one added for some versions of the proxy only */
function* checkPatch(patch: Part, hasPriority: boolean, versioned: Set<string>): Generator<Finding> {
  const operation = patch.at('patch', 'operation')
  const applyTo = patch.at('applyTo').text()
  switch (operation.text()) {
    case 'ADD':
      if (ROUTES.includes(applyTo)) {
        const message = 'The ADD operation is ignored when applyTo is set to ROUTE_CONFIGURATION or HTTP_ROUTE.'
        yield finding('IST0153', operation, message, 'add to VIRTUAL_HOST, or use MERGE')
      }
      return
    case 'REMOVE':
      if (ROUTES.includes(applyTo)) {
        const message = 'The REMOVE operation is ignored when applyTo is set to ROUTE_CONFIGURATION or HTTP_ROUTE.'
        yield finding('IST0154', operation, message, 'remove the VIRTUAL_HOST, or use MERGE')
        return
      }
      break
    case 'REPLACE':
      if (!REPLACEABLE.includes(applyTo)) {
        const message = 'The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.'
        yield finding('IST0152', operation, message, 'use MERGE, or REMOVE and ADD')
        return
      }
      break
    case 'INSERT_BEFORE':
    case 'INSERT_AFTER':
      break
    default:
      return
  }
  if (!hasPriority) yield relative(patch, operation, versioned)
  const name = patch.at('patch', 'value', 'name').text()
  if (name !== '' && patch.at('match', 'proxy', 'proxyVersion').text() !== '') versioned.add(name)
}

function relative(patch: Part, operation: Part, versioned: ReadonlySet<string>): Finding {
  const fix = 'set spec.priority, so that the order of the filters does not depend on their age'
  if (versioned.has(patch.at('patch', 'value', 'name').text())) {
    const message =
      'This EnvoyFilter does not have a priority and has a relative patch operation (INSERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set, which can cause the EnvoyFilter not to be applied during an upgrade.'
    return finding('IST0155', operation, message, fix)
  }
  const message =
    'This EnvoyFilter does not have a priority and has a relative patch operation set, which can cause the EnvoyFilter not to be applied.'
  return finding('IST0151', operation, message, fix)
}
