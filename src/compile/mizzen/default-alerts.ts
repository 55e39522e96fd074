/**
 * The alerts that every mesh brings along, as AlertRules of the root namespace. An AlertRule of the same name there takes the place of one; with
 * `disabled: true` it switches it off.
 */

import { originWithoutFile } from '../../api/object.ts'
import type { AlertRule } from '../../api/registry.ts'
import { remembering } from '../../lib/identity-memo.ts'
import type { Alert } from '../../model/alert.ts'
import type { Mesh } from '../../model/mesh.ts'
import { builtIn } from '../../model/origin.ts'
import type { MeshSettings } from '../../model/settings.ts'
import { compileAlertRule } from './alert-rule.ts'

type Spec = AlertRule['spec']

const ALL = { host: '*' } as const

/** By name. Summaries are followed by whom it is about and by what was measured. */
export const DEFAULT_ALERTS: Readonly<Record<string, Spec>> = {
  'service-errors': {
    ...ALL,
    errorRate: { above: 5 },
    window: '2m',
    for: '2m',
    severity: 'Critical',
    summary: 'more than 5 % of requests fail',
  },
  'service-latency': {
    ...ALL,
    latency: { percentile: 99, above: '2s' },
    window: '5m',
    for: '5m',
    severity: 'Warning',
    summary: 'one request in a hundred takes longer than 2 s',
  },
  'certificate-expiry': {
    ...ALL,
    certificateLife: { below: 10 },
    for: '5m',
    severity: 'Critical',
    summary: 'a certificate is about to expire and was not renewed',
  },
  'stale-configuration': {
    ...ALL,
    staleProxies: { above: 0 },
    for: '2m',
    severity: 'Warning',
    summary: 'a proxy has not the newest configuration',
  },
  'ejected-endpoints': {
    ...ALL,
    endpoints: { state: 'Ejected', above: 0 },
    for: '1m',
    severity: 'Warning',
    summary: 'callers ejected an endpoint because it fails',
  },
  'failing-health-checks': {
    ...ALL,
    endpoints: { state: 'FailingHealthChecks', above: 0 },
    for: '1m',
    severity: 'Warning',
    summary: 'an endpoint fails its health checks',
  },
  'unready-endpoints': {
    ...ALL,
    endpoints: { state: 'NotReady', above: 0 },
    for: '5m',
    severity: 'Warning',
    summary: 'a pod has not become ready',
  },
}

/** All alerts that are to be looked at: those of the mesh's objects, and those that it brings along. */
export function alertsInEffect({ alerts, settings }: Pick<Mesh, 'alerts' | 'settings'>): Alert[] {
  const own = new Set(alerts.flatMap(({ name, namespace }) => (namespace === settings.rootNamespace ? [name] : [])))
  return [...alerts.filter(({ disabled }) => !disabled), ...defaults(settings).filter(({ name }) => !own.has(name))]
}

const defaults = remembering((settings: MeshSettings): Alert[] =>
  defaultAlertRules(settings.rootNamespace).flatMap(rule =>
    compileAlertRule(rule, settings).alerts.map(alert => ({ ...alert, origin: builtIn(`default alert ${alert.name}`) })),
  ),
)

/** As objects, for those who want to write them down. */
export function defaultAlertRules(namespace: string): AlertRule[] {
  return Object.entries(DEFAULT_ALERTS).map(([name, spec]) => ({
    kind: 'AlertRule',
    group: 'mizzen.dev',
    apiVersion: 'mizzen.dev/v1alpha1',
    namespace,
    name,
    labels: {},
    annotations: {},
    creationTimestamp: undefined,
    uid: undefined,
    status: undefined,
    origin: originWithoutFile('default alerts'),
    spec,
  }))
}
