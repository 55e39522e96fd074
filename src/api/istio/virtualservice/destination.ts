/** Rules for destinations and their weights, which HTTP, TLS and TCP rules share. */
import type { Findings } from '../../findings.ts'
import { checkPort } from '../../values/address.ts'
import { checkDnsLabel, checkWildcardDomain } from '../../values/dns.ts'
import { checkNotNegative } from '../../values/quantity.ts'
import type { Destination } from './schema.ts'

/** @param findings at the destination */
export function checkDestination(destination: Destination, findings: Findings): void {
  if (destination.host === '*') findings.at('host').error('"*" is no destination: expected the name of a service')
  else findings.at('host').check(checkWildcardDomain(destination.host))
  if (destination.subset) findings.at('subset').check(checkDnsLabel(destination.subset, 'the name of a subset'))
  if (destination.port !== undefined) findings.at('port', 'number').check(checkPort(destination.port.number ?? 0))
}

/** @param findings at the list of destinations */
export function checkWeights(destinations: readonly { readonly weight?: number }[], findings: Findings): void {
  let sum = 0
  for (const [index, { weight = 0 }] of destinations.entries()) {
    findings.at(index, 'weight').check(checkNotNegative(weight))
    sum += weight
  }
  if (destinations.length < 2 || sum !== 0) return
  const unsaid = destinations.every(({ weight }) => weight === undefined)
  findings.error(
    unsaid
      ? `${destinations.length} backends without weights: expected the share of each`
      : 'all weights are 0: expected at least one destination with a weight above it',
    { fix: `say the share of each, for instance ${shares(destinations.length)}` },
  )
}

/** Equal ones, together 100. */
function shares(count: number): string {
  const each = Math.floor(100 / count)
  const all = Array.from({ length: count }, (_, index) => `"weight: ${index === 0 ? 100 - each * (count - 1) : each}"`)
  return count > 4 ? `"weight: ${each}"` : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`
}
