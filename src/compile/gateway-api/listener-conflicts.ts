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
  for (const [index, later] of listeners.entries()) {
    for (const earlier of listeners.slice(0, index)) {
      // What lost its own place takes none.
      if (earlier.owner !== later.owner && earlier.conflict) continue
      const why = conflictOf(earlier, later)
      if (!why) continue
      later.conflict ??= why
      if (earlier.owner === later.owner) earlier.conflict ??= why
    }
  }
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
