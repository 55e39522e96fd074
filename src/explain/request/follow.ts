/** Follows one call through one proxy, decided by the proxy's own code. */
import type { Answer, Outcome } from './answer.ts'
import { followBytes } from './bytes.ts'
import type { Call } from './call.ts'
import type { Causes } from './cause.ts'
import { connect } from './connection.ts'
import type { DryProxy } from './dry-proxy.ts'
import { followRequest } from './http.ts'
import { Path } from './path.ts'

export async function follow(dry: DryProxy, causes: Causes, call: Call): Promise<Answer> {
  const path = new Path(causes)
  const served = connect(dry, call, path)
  const outcomes = served ? await outcomesOf(dry, served, call, path) : []
  const sorted = outcomes.filter(outcome => outcome.share > 0).sort((a, b) => b.share - a.share)
  const [likeliest] = sorted
  const forwarded = sorted.find(outcome => outcome.action.kind === 'forward')?.action
  const cluster = forwarded?.kind === 'forward' ? forwarded.cluster : path.names.cluster
  return {
    error: path.error,
    ...path.names,
    ...(cluster !== undefined && { cluster }),
    ...(likeliest && { action: likeliest.action }),
    outcomes: sorted,
    steps: path.steps,
  }
}

async function outcomesOf(
  dry: DryProxy,
  served: NonNullable<ReturnType<typeof connect>>,
  call: Call,
  path: Path,
): Promise<Outcome[]> {
  const { terminal } = served
  return terminal.kind === 'http'
    ? followRequest(dry, served, terminal, call, path)
    : followBytes(dry, served, terminal, call, path)
}
