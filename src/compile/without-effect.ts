/**
 * Fields that are valid and do nothing, each with what happens instead: the one list from which users are told (not-yet.ts), the reference
 * pages are made, and the test that walks all fields knows that it need not find an effect. A field leaves it when it gets its meaning.
 */
import type { KindId } from '../api/registry.ts'

/** Names as "spec.ingress[].tls"; one that begins with "**." stands anywhere in the spec. A field stands for all that is inside it. */
type Reasons = Readonly<Record<string, string>>

const AS_IN_ISTIO = 'Istio does not use it either'

const FIELDS: { readonly [Id in KindId]?: Reasons } = {
  VirtualService: {
    'spec.tcp[].match[].sourceSubnet': AS_IN_ISTIO,
  },
  DestinationRule: {
    '**.zoneAwareLbSetting': 'all zones are alike',
    '**.outlierDetectionHttpErrorCodes': 'statuses of 500 to 599 count as errors, and no others',
    '**.retryBudget.budgetInterval': 'the budget is a share of the requests under way',
  },
  Gateway: {
    'spec.servers[].defaultEndpoint': AS_IN_ISTIO,
    'spec.servers[].port.targetPort': AS_IN_ISTIO,
  },
  EnvoyFilter: {
    'spec.configPatches[].match.listener.portName': AS_IN_ISTIO,
  },
  Telemetry: {
    'spec.metrics[].reportingInterval':
      "bytes of open connections are counted as they pass; Envoy counts a connection's at its end",
  },
  Sidecar: {
    'spec.ingress[].tls': 'it takes plaintext',
    'spec.ingress[].port.targetPort': AS_IN_ISTIO,
    'spec.egress[].port.targetPort': AS_IN_ISTIO,
  },
}

export interface FieldWithoutEffect {
  readonly name: string
  readonly reason: string
}

/** @returns the reason; undefined for fields that have their effect */
export function withoutEffect(id: KindId, name: string): string | undefined {
  return Object.entries(FIELDS[id] ?? {}).find(([pattern]) => fits(pattern, name))?.[1]
}

/** Whether there is such a field in the kind at all: most objects need not be looked through. */
export function hasFieldsWithoutEffect(id: KindId): boolean {
  return FIELDS[id] !== undefined
}

function fits(pattern: string, name: string): boolean {
  if (!pattern.startsWith('**.')) return name === pattern || name.startsWith(`${pattern}.`) || name.startsWith(`${pattern}[]`)
  return `${name}.`.replaceAll('[]', '').includes(`.${pattern.slice(3)}.`)
}
