/** `mizzen token`: a join token for a machine. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { FileGenerations } from '../identity/authority/generations.ts'
import { JoinTokens } from '../identity/caller/join-tokens.ts'
import { DEFAULT_TRUST_DOMAIN, parseSpiffeId, spiffeId } from '../identity/spiffe.ts'
import { systemClock } from '../lib/clock.ts'
import { authorityDirectory } from '../run/trust/authority-directory.ts'
import { lifetimeMs, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen token --service-account NAME [--namespace NAME]

Prints a token by which a machine joins the mesh as that service account: "mizzen proxy --identity" shows it for its first certificate,
and renews by the certificate from then on. It counts for one key only: whoever steals it later can do nothing with it.

  -s, --service-account NAME   whose identity it gives
  -n, --namespace NAME         of that service account (default default)
      --ttl TIME               how long it can be used for the first time (default 1h)
      --reusable               counts for any number of machines
      --trust-domain NAME      (default cluster.local)
      --state DIR              of the control plane (default $XDG_STATE_HOME/mizzen-control-plane)
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values } = parseFlags(
    'token',
    args,
    {
      'service-account': { type: 'string', short: 's' },
      namespace: { type: 'string', short: 'n', default: 'default' },
      ttl: { type: 'string', default: '1h' },
      reusable: { type: 'boolean', default: false },
      'trust-domain': { type: 'string', default: DEFAULT_TRUST_DOMAIN },
      state: { type: 'string' },
    },
    0,
  )
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { namespace, 'service-account': serviceAccount, 'trust-domain': trustDomain } = values
  if (serviceAccount === undefined) throw new UsageError('Cannot make a token: expected --service-account NAME')
  const identity = parseSpiffeId(spiffeId({ trustDomain, namespace, serviceAccount }))
  if (identity === undefined)
    throw new UsageError(
      `Cannot make a token for "${spiffeId({ trustDomain, namespace, serviceAccount })}": expected names as Kubernetes has them`,
    )
  const state = path.resolve(io.cwd, values.state ?? authorityDirectory(io.env))
  if (!existsSync(state))
    throw new Error(
      `Cannot make a token: there is no control plane in "${state}", expected --state with the directory of one that has run`,
    )
  const tokens = await JoinTokens.open(new FileGenerations(state, 'token-key'), systemClock)
  const token = await tokens.issue(identity, { lifetimeMs: lifetimeMs('ttl', values.ttl), single: !values.reusable })
  io.stdout.write(`${token}\n`)
  return EXIT.ok
}
