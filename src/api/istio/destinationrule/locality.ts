/** Rules for localities in load balancing: shares per locality, failover between regions, priorities by label. */
import type { Findings } from '../../findings.ts'
import type { LoadBalancerSettings, LocalityLoadBalancerSetting } from './load-balancer.ts'

const topologyLabels = new Set(['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'])

/** @param hasOutlierDetection without it no endpoint is ever seen as failed, so nothing fails over */
export function checkLocality(
  setting: LocalityLoadBalancerSetting | undefined,
  hasOutlierDetection: boolean,
  findings: Findings,
): void {
  if (setting === undefined) return
  const { distribute = [], failover = [], failoverPriority = [] } = setting
  if (distribute.length > 0 && failover.length > 0) findings.error('distribute and failover are both there: expected one of them')
  if (failover.length > 0) forbidTopology(failoverPriority, 'failover says that already', findings)
  for (const [index, { to = {} }] of distribute.entries()) checkShares(to, findings.at('distribute', index, 'to'))
  checkLocalities(
    distribute.map(({ from = '' }) => from),
    findings.at('distribute'),
  )
  checkFailover(setting, hasOutlierDetection, findings)
}

export function checkZoneAware(
  setting: LoadBalancerSettings['zoneAwareLbSetting'],
  hasOutlierDetection: boolean,
  findings: Findings,
): void {
  if (setting === undefined) return
  forbidTopology(setting.failoverPriority ?? [], 'zones come first by themselves', findings)
  checkFailover(setting, hasOutlierDetection, findings)
}

function forbidTopology(failoverPriority: readonly string[], reason: string, findings: Findings): void {
  for (const [index, entry] of failoverPriority.entries()) {
    const label = entry.split('=', 1)[0] ?? ''
    if (topologyLabels.has(label))
      findings.at('failoverPriority', index).error(`"${label}" is not allowed here, for ${reason}: expected another label`)
  }
}

function checkFailover(
  { failover = [], failoverPriority = [] }: Pick<LocalityLoadBalancerSetting, 'failover' | 'failoverPriority'>,
  hasOutlierDetection: boolean,
  findings: Findings,
): void {
  for (const [index, { from = '', to = '' }] of failover.entries()) {
    const at = findings.at('failover', index)
    if (from === to) at.error(`from and to are both "${from}": expected two regions`)
    for (const [field, region] of [
      ['from', from],
      ['to', to],
    ] as const) {
      if (region.includes('*')) at.at(field).error(`"${region}" has a wildcard: expected the name of a region`)
      else if (region.includes('/')) at.at(field).error(`"${region}" is a zone: expected the name of a region`)
    }
  }
  if ((failover.length > 0 || failoverPriority.length > 0) && !hasOutlierDetection) {
    findings.warning('without outlierDetection nothing fails over: expected it beside loadBalancer')
  }
}

function checkShares(to: Readonly<Record<string, number>>, findings: Findings): void {
  let sum = 0
  for (const [locality, weight] of Object.entries(to)) {
    if (weight < 1 || weight > 100) findings.at(locality).error(`${weight} is not a share: expected 1 to 100`)
    sum += weight
  }
  if (sum !== 100) findings.error(`the shares sum up to ${sum}: expected 100`)
  checkLocalities(Object.keys(to), findings)
}

/** Each well-formed, and none within another. */
function checkLocalities(localities: readonly string[], findings: Findings): void {
  for (const [index, locality] of localities.entries()) {
    const wildcard = locality.indexOf('*')
    if (wildcard >= 0 && wildcard !== locality.length - 1)
      findings.error(`"${locality}" has a wildcard inside: expected it at the end, as in "region/*"`)
    if (locality.split('/').includes(''))
      findings.error(`"${locality}" has an empty part: expected region, region/zone or region/zone/subzone`)
    const other = localities.slice(0, index).find(earlier => covers(earlier, locality) || covers(locality, earlier))
    if (other !== undefined)
      findings.error(`"${locality}" overlaps with "${other}": expected localities that have nothing in common`)
  }
}

/** Whether all of `narrow` is within `wide`: "a" and "a/*" stand for what is below them, and "*" for everything. */
function covers(wide: string, narrow: string): boolean {
  const parts = wide.split('/')
  const others = narrow.split('/')
  return parts.every((part, index) => part === '*' || part === others[index])
}
