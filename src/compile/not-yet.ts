/**
 * Fields that are valid and do nothing yet. Said about each object that has one: a setting that is silently without effect is worse than one
 * that is refused. A field leaves this file when it gets its meaning.
 */
import type { TrafficPolicy } from '../api/istio/destinationrule/schema.ts'
import type { ObjectHead, Path } from '../api/object.ts'
import { type Diagnostic, diagnostic } from './diagnostic.ts'
import type { Objects } from './objects.ts'

export function checkNotYet(objects: Objects): Diagnostic[] {
  return [
    ...objects.DestinationRule.flatMap(object => [
      ...policyFields(object, object.spec.trafficPolicy, ['spec', 'trafficPolicy']),
      ...(object.spec.subsets ?? []).flatMap((subset, i) =>
        policyFields(object, subset.trafficPolicy, ['spec', 'subsets', i, 'trafficPolicy']),
      ),
    ]),
    ...objects.Sidecar.flatMap(object =>
      (object.spec.ingress ?? []).flatMap(({ tls }, i) =>
        tls ? [notYet(object, ['spec', 'ingress', i, 'tls'], 'tls of an ingress listener', 'it takes plaintext')] : [],
      ),
    ),
  ]
}

function policyFields(object: ObjectHead, policy: TrafficPolicy | undefined, path: Path): Diagnostic[] {
  if (!policy) return []
  const found: Diagnostic[] = []
  if (policy.proxyProtocol) found.push(notYet(object, [...path, 'proxyProtocol'], 'proxyProtocol', 'no such header is sent'))
  if (policy.loadBalancer?.zoneAwareLbSetting) {
    found.push(notYet(object, [...path, 'loadBalancer', 'zoneAwareLbSetting'], 'zoneAwareLbSetting', 'all zones are alike'))
  }
  return found
}

function notYet(object: ObjectHead, path: Path, what: string, effect: string): Diagnostic {
  return diagnostic(object, path, {
    code: 'not-yet',
    level: 'warning',
    message: `${what} has no effect in this version of mizzen`,
    effect,
  })
}
