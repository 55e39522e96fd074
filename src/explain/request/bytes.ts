/** A connection whose bytes are passed on as they are. */
import type { Connection, TerminalFilter } from '../../proxy/listener/connection.ts'
import { type ConnectionDenial, NetworkRbac } from '../../proxy/tcp/rbac.ts'
import { TcpProxy } from '../../proxy/tcp/tcp-proxy.ts'
import type { Outcome } from './answer.ts'
import type { Call } from './call.ts'
import { connectionOf, type Served } from './connection.ts'
import type { DryProxy, Terminal } from './dry-proxy.ts'
import { nobody, pickContext, towards } from './forward.ts'
import type { Path } from './path.ts'
import { percent } from './words.ts'

export function followBytes(
  dry: DryProxy,
  served: Served,
  { first, filter }: Extract<Terminal, { kind: 'bytes' }>,
  call: Call,
  path: Path,
): Outcome[] {
  const connection = connectionOf(served, call)
  const denial = denialOf(first, connection)
  if (denial !== undefined) {
    const [near] = denial.policy === undefined ? denial.near() : []
    const policy = denial.policy ?? near?.policy
    const [lack] = near?.lacks ?? []
    const notes = lack ? [`nearest: it wants ${lack.field} ${lack.wanted}; ${lack.found}`] : []
    const why = denial.policy === undefined ? 'no policy allows it' : 'a policy denies it'
    const cause = policy === undefined ? undefined : path.causes.ofPolicy(policy)
    path.step('access', `${why}: the connection is closed`, cause, notes)
    return [{ share: 1, action: { kind: 'closed', reason: denial.details } }]
  }
  if (!(filter instanceof TcpProxy)) return [{ share: 1, action: { kind: 'closed', reason: 'the chain answers by itself' } }]
  const { targets } = filter
  const total = targets.reduce((sum, target) => sum + target.weight, 0)
  const cause = path.causes.of(served.chain.metadata)
  return targets.flatMap(({ cluster: name, weight, subset }): Outcome[] => {
    const share = total > 0 ? weight / total : 0
    if (share === 0) return []
    path.names.cluster ??= name
    const cluster = dry.clusters.get(name)
    if (!cluster) {
      path.step('cluster', `${name} does not exist: the connection is closed`, cause)
      return [{ share, action: { kind: 'closed', reason: 'cluster_not_found' } }]
    }
    const part = targets.length > 1 ? `${percent(share)} to ` : ''
    path.step('cluster', `${part}${name}, byte for byte`, path.causes.of(dry.clusters.message(name)?.metadata) ?? cause)
    const { originalDestination, facts } = connection
    const odds = cluster.odds(pickContext({ subset, originalDestination, authority: facts.serverName }))
    if (odds.length > 0) return [{ share, action: towards(dry, name, odds, path) }]
    nobody(dry, name, path)
    return [{ share, action: { kind: 'closed', reason: 'no_healthy_upstream' } }]
  })
}

/** The first refusal on the way to the chain's end. */
function denialOf(filter: TerminalFilter, connection: Connection): ConnectionDenial | undefined {
  const denial = filter instanceof NetworkRbac ? filter.denial(connection) : undefined
  return denial ?? (filter.next && denialOf(filter.next, connection))
}
