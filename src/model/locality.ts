/** Localities: region, zone, subzone; reading them, and how near two are. */

export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subzone: string
}

export const NOWHERE: Locality = { region: '', zone: '', subzone: '' }

/** "region/zone/subzone". In a label, where "/" is not allowed, "." stands for it unless a "/" is there. */
export function parseLocality(text: string): Locality {
  if (text === '') return NOWHERE
  const [region = '', zone = '', ...rest] = text.split(text.includes('/') ? '/' : '.')
  return { region, zone, subzone: rest.join('/') }
}

export function localityKey(locality: Locality): string {
  if (locality.subzone) return `${locality.region}/${locality.zone}/${locality.subzone}`
  return locality.zone ? `${locality.region}/${locality.zone}` : locality.region
}

/** Whether `locality` is meant by a rule such as "us/east/*", "us" or "*". */
export function localityMatches(locality: Locality, rule: string): boolean {
  const parts = [locality.region, locality.zone, locality.subzone]
  for (const [i, wanted] of rule.split('/').entries()) {
    if (wanted === '*') return true
    if (wanted !== parts[i]) return false
  }
  return true
}

/**
 * How far an endpoint is from a client: 0 same subzone, 1 same zone, 2 same region, 3 elsewhere. Where `failover` names a region to go to
 * from the client's, that one is 3 and all others 4 (Istio, LocalityLoadBalancerSetting).
 */
export function distance(client: Locality, endpoint: Locality, failover: readonly { from: string; to: string }[]): number {
  if (client.region === endpoint.region) {
    if (client.zone !== endpoint.zone) return 2
    return client.subzone === endpoint.subzone ? 0 : 1
  }
  const rule = failover.find(entry => entry.from === client.region)
  return rule && rule.to !== endpoint.region ? 4 : 3
}

/** What localityKey() made, apart again. */
export function localityFromKey(key: string): Locality {
  const [region = '', zone = '', subzone = ''] = key.split('/')
  return { region, zone, subzone }
}
