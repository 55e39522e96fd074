/**
 * Listeners that cannot live side by side on one port. Within one object a conflict has no winner; between a Gateway and ListenerSets, or two
 * sets, the first in order wins.
 */
import type { Listener } from '../../api/gateway/gateway/listener.ts'
import type { Refusal } from './conditions.ts'

interface Contender {
  /** The object it stands in. */
  readonly owner: object
  readonly listener: Listener
  conflict: Refusal | undefined
}

/** @param listeners of one Gateway in order of precedence; their `conflict` is set */
export function markConflicts(listeners: readonly Contender[]): void {
  const standing: Contender[] = []
  for (const own of Map.groupBy(listeners, ({ owner }) => owner).values()) {
    for (const later of own) later.conflict = firstConflict(standing, later)
    // What lost to another object takes no place in its own.
    const left = own.filter(({ conflict }) => !conflict)
    for (const one of left) {
      const others = left.filter(each => each !== one)
      one.conflict = firstConflict(others, one)
    }
    standing.push(...left.filter(({ conflict }) => !conflict))
  }
}

function firstConflict(others: readonly Contender[], one: Contender): Refusal | undefined {
  for (const other of others) {
    const why = conflictOf(other, one)
    if (why) return why
  }
  return undefined
}

function conflictOf({ listener: a }: Contender, { listener: b }: Contender): Refusal | undefined {
  if (a.port !== b.port || (a.protocol === 'UDP') !== (b.protocol === 'UDP')) return undefined
  const bytes = (protocol: string) => protocol === 'TCP' || protocol === 'UDP'
  if (transport(a.protocol) !== transport(b.protocol))
    return { reason: 'ProtocolConflict', message: `port ${a.port} is asked for with protocols ${a.protocol} and ${b.protocol}` }
  if (bytes(a.protocol))
    return { reason: 'ProtocolConflict', message: `port ${a.port} is asked for twice with protocol ${a.protocol}` }
  if ((a.hostname ?? '').toLowerCase() !== (b.hostname ?? '').toLowerCase()) return undefined
  const host = a.hostname ? `host "${a.hostname}"` : 'all hosts'
  return { reason: 'HostnameConflict', message: `port ${a.port} is asked for twice with ${host}` }
}

/** What can be told apart on one port: plaintext by host, TLS by server name. */
function transport(protocol: string): string {
  return protocol === 'HTTPS' ? 'TLS' : protocol
}
