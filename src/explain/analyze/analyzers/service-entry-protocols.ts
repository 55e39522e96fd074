/** IST0177: ServiceEntries that one namespace sees say the same protocol of the same host and port. */
import type { Analyzer } from '../analyzer.ts'
import { finding } from '../finding.ts'
import { scopesOf, scopesOverlap } from '../hosts.ts'
import type { Part } from '../resource.ts'

interface DeclaredPort {
  readonly part: Part
  readonly protocol: string
  readonly scopes: readonly string[]
}

export const serviceEntryProtocols: Analyzer = {
  name: 'serviceentry.ConflictingServiceEntryProtocolAnalyzer',
  description: 'ServiceEntries agree about the protocol of a host and port',
  codes: ['IST0177'],
  inputs: ['ServiceEntry'],
  *analyze({ resources }) {
    const byPort = new Map<string, DeclaredPort[]>()
    for (const { namespace, spec } of resources.of('ServiceEntry')) {
      const scopes = scopesOf(spec.at('exportTo').texts(), namespace)
      for (const host of new Set(spec.at('hosts').texts())) {
        for (const part of spec.at('ports').items()) {
          const key = `${host}:${part.at('number').text()}`
          const port = { part, protocol: part.at('protocol').text().toUpperCase(), scopes }
          byPort.set(key, [...(byPort.get(key) ?? []), port])
        }
      }
    }
    for (const [key, ports] of byPort) {
      for (const { part, protocol, scopes } of ports) {
        const others = ports.filter(
          other => other.part.of !== part.of && other.protocol !== protocol && scopesOverlap(scopes, other.scopes),
        )
        if (others.length === 0) continue
        const names = [part, ...others.map(other => other.part)].map(each => each.of.key).sort()
        const protocols = [protocol, ...others.map(other => other.protocol)].sort()
        const message = `ServiceEntries [${names.join(' ')}] define host and port ${key} with conflicting protocols [${[...new Set(protocols)].join(' ')}]`
        yield finding('IST0177', part.at('protocol'), message, 'use one protocol in all of them')
      }
    }
  },
}
