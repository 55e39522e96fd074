/** Rules for load balancer settings. */
import type { Findings } from '../../findings.ts'
import { checkDuration } from '../../values/quantity.ts'
import type { ConsistentHash, LoadBalancerSettings } from './load-balancer.ts'
import { checkLocality, checkZoneAware } from './locality.ts'

/** @param hasOutlierDetection of the same policy @param findings at the settings */
export function checkLoadBalancer(
  settings: LoadBalancerSettings | undefined,
  hasOutlierDetection: boolean,
  findings: Findings,
): void {
  if (settings === undefined) return
  const { simple, consistentHash, localityLbSetting, zoneAwareLbSetting, warmup, warmupDurationSecs } = settings
  if (simple !== undefined && consistentHash) findings.error('simple and consistentHash are both there: expected one of them')
  if (consistentHash) checkConsistentHash(consistentHash, findings.at('consistentHash'))
  if (localityLbSetting && zoneAwareLbSetting)
    findings.error('localityLbSetting and zoneAwareLbSetting are both there: expected one of them')
  checkLocality(localityLbSetting, hasOutlierDetection, findings.at('localityLbSetting'))
  checkZoneAware(zoneAwareLbSetting, hasOutlierDetection, findings.at('zoneAwareLbSetting'))
  if (warmupDurationSecs !== undefined) findings.at('warmupDurationSecs').check(checkDuration(warmupDurationSecs))
  if (warmup) findings.at('warmup', 'duration').check(checkDuration(warmup.duration))
  const warmsUp = warmup !== undefined || warmupDurationSecs !== undefined
  if (warmsUp && (consistentHash || simple === 'RANDOM' || simple === 'PASSTHROUGH')) {
    findings.warning('only ROUND_ROBIN and LEAST_REQUEST warm up: the warm-up has no effect')
  }
}

function checkConsistentHash(hash: ConsistentHash, findings: Findings): void {
  oneOf(hash, ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'], findings)
  oneOf(hash, ['ringHash', 'maglev'], findings)
  const { httpCookie, minimumRingSize, ringHash, maglev } = hash
  if (httpCookie?.name === '') findings.at('httpCookie', 'name').error('it is empty: expected the name of a cookie')
  if (minimumRingSize) {
    if (ringHash || maglev)
      findings.at('minimumRingSize').error('it stands beside an algorithm: expected ringHash.minimumRingSize alone')
    else findings.at('minimumRingSize').warning('it is deprecated: expected ringHash.minimumRingSize')
  }
  const size = maglev?.tableSize ?? 0
  if (size !== 0 && !(size < 5000011 && isPrime(size))) {
    findings.at('maglev', 'tableSize').error(`${size} is no table size: expected a prime number below 5000011`)
  }
}

function oneOf(message: object, fields: readonly string[], findings: Findings): void {
  const given = fields.filter(field => field in message)
  if (given.length > 1) findings.error(`${given.join(' and ')} are both there: expected one of them`)
}

function isPrime(number: number): boolean {
  if (number < 2) return false
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return true
}
