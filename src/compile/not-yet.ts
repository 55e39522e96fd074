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
    ...objects.Gateway.flatMap(object =>
      (object.spec.servers ?? []).flatMap(({ tls }, i) => {
        const path = ['spec', 'servers', i, 'tls', 'mode']
        if (tls?.mode === 'ISTIO_MUTUAL')
          return [notYet(object, path, 'tls.mode ISTIO_MUTUAL', 'nothing listens for this server')]
        if (tls?.mode === 'AUTO_PASSTHROUGH')
          return [notYet(object, path, 'tls.mode AUTO_PASSTHROUGH', 'nothing listens for this server')]
        return []
      }),
    ),
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
  const tls = [{ tls: policy.tls, at: path }]
  for (const [i, port] of (policy.portLevelSettings ?? []).entries())
    tls.push({ tls: port.tls, at: [...path, 'portLevelSettings', i] })
  for (const { tls: settings, at } of tls) {
    if (settings?.mode === 'ISTIO_MUTUAL') found.push(notYet(object, [...at, 'tls', 'mode'], 'tls.mode ISTIO_MUTUAL', PLAINTEXT))
    else if (settings?.credentialName)
      found.push(notYet(object, [...at, 'tls', 'credentialName'], 'tls.credentialName', NO_CERTIFICATE))
  }
  if (policy.proxyProtocol) found.push(notYet(object, [...path, 'proxyProtocol'], 'proxyProtocol', 'no such header is sent'))
  if (policy.loadBalancer?.zoneAwareLbSetting) {
    found.push(notYet(object, [...path, 'loadBalancer', 'zoneAwareLbSetting'], 'zoneAwareLbSetting', 'all zones are alike'))
  }
  return found
}

const PLAINTEXT = 'connections are plaintext'
const NO_CERTIFICATE = 'no client certificate is sent'

function notYet(object: ObjectHead, path: Path, what: string, effect: string): Diagnostic {
  return diagnostic(object, path, {
    code: 'not-yet',
    level: 'warning',
    message: `${what} has no effect in this version of mizzen`,
    effect,
  })
}
