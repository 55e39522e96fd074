/** `mizzen uninstall` */
import { createInterface } from 'node:readline/promises'
import { type Manifest, manifestName } from '../kubernetes/install/manifest.ts'
import { uninstall } from '../kubernetes/install/uninstall.ts'
import { isTerminal, painter } from '../run/laptop/console/paint.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

export const USAGE = `Usage: mizzen uninstall --revision NAME | --purge

Takes one revision of the control plane away, or everything of mizzen. Pods keep the sidecars they have until they restart.

  -r, --revision NAME        "default" is the one without a name
      --purge                all revisions, and the kinds: with them goes all configuration of the mesh in the cluster
  -n, --namespace NAME       of the control plane (default istio-system); it stays itself
  -y, --yes                  does not ask
      --dry-run              asks the API server whether it would, and changes nothing
${CLUSTER_USAGE}`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = {
    revision: { type: 'string', short: 'r' },
    purge: { type: 'boolean', default: false },
    namespace: { type: 'string', short: 'n', default: 'istio-system' },
    yes: { type: 'boolean', short: 'y', default: false },
    'dry-run': { type: 'boolean', default: false },
    ...CLUSTER_FLAGS,
  } as const
  const { values } = parseFlags('uninstall', args, options, 0)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const { revision, purge, namespace, yes, 'dry-run': dryRun } = values
  if ((revision === undefined) !== purge)
    throw new UsageError('Cannot uninstall: expected either --revision NAME ("default" is the one without a name) or --purge')
  const paint = painter(io.stdout, io.env)
  return withCluster(values, io, async server => {
    const gone = await uninstall(server, {
      revision: purge ? undefined : revision || 'default',
      namespace,
      dryRun,
      confirm: objects => (yes || dryRun ? Promise.resolve(true) : ask(objects, io)),
      removed: object =>
        void io.stdout.write(`${paint('✔', 'green')} removed ${manifestName(object)}${dryRun ? ' (dry run)' : ''}\n`),
    })
    if (gone === 0) io.stdout.write('Nothing was removed.\n')
    else if (purge)
      io.stdout.write(`The namespace "${namespace}" stays; kubectl delete namespace ${namespace} removes what is left in it.\n`)
    return EXIT.ok
  })
}

/** @throws (rejects) UsageError where nobody can be asked */
async function ask(objects: readonly Manifest[], { stdin, stdout }: Io): Promise<boolean> {
  if (!('isTTY' in stdin && stdin.isTTY === true && isTerminal(stdout)))
    throw new UsageError('Cannot ask whether to uninstall: this is no terminal, expected --yes')
  const kinds = new Map<string, number>()
  for (const { kind } of objects) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const list = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')
  const question = createInterface({ input: stdin, output: stdout })
  try {
    return /^y(es)?$/i.test((await question.question(`Remove ${list}? (y/N) `)).trim())
  } finally {
    question.close()
  }
}
