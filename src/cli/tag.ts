/** `mizzen tag set|list|remove` */
import { listTags, removeTag, setTag } from '../kubernetes/install/tags.ts'
import { CLUSTER_FLAGS, CLUSTER_USAGE, withCluster } from './cluster-flags.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'
import { table } from './table.ts'

export const USAGE = `Usage: mizzen tag set TAG --revision NAME [--overwrite]
       mizzen tag list [-o json]
       mizzen tag remove TAG

A tag stands for a revision in the label istio.io/rev of namespaces: kubectl label namespace shop istio.io/rev=TAG. Moving it to another revision
moves its namespaces as their pods restart. Namespaces with istio-injection=enabled follow the tag "default".

  -r, --revision NAME        that the tag leads to
      --overwrite            moves a tag that leads elsewhere
  -n, --namespace NAME       of the control plane (default istio-system)
  -o, --output table|json    of list
${CLUSTER_USAGE}`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const options = {
    revision: { type: 'string', short: 'r' },
    overwrite: { type: 'boolean', default: false },
    namespace: { type: 'string', short: 'n', default: 'istio-system' },
    output: { type: 'string', short: 'o', default: 'table' },
    ...CLUSTER_FLAGS,
  } as const
  const { values, positionals } = parseFlags('tag', args, options, 2)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const [verb = '', tag] = positionals
  const action = oneOf('tag', verb, ['set', 'list', 'remove'])
  const { namespace, overwrite, revision } = values
  const output = oneOf('output', values.output, ['table', 'json'])
  if (action !== 'list' && tag === undefined) throw new UsageError(`Cannot ${action} a tag: expected "mizzen tag ${action} TAG"`)
  return withCluster(values, io, async server => {
    if (action === 'list') {
      const tags = await listTags(server)
      const text = table(
        ['TAG', 'REVISION', 'NAMESPACES'],
        tags.map(each => [each.tag, each.revision, each.namespaces.join(', ')]),
      )
      io.stdout.write(output === 'json' ? `${JSON.stringify(tags)}\n` : tags.length === 0 ? 'There are no tags.\n' : text)
    } else if (action === 'remove') {
      await removeTag(server, tag ?? '', namespace)
      io.stdout.write(`Tag "${tag}" is removed; namespaces that are labelled with it get no sidecars any more.\n`)
    } else {
      if (revision === undefined) throw new UsageError('Cannot set a tag: expected --revision NAME')
      const before = await setTag(server, { tag: tag ?? '', revision, namespace, overwrite })
      const from = before !== undefined && before !== revision ? `, and no longer to "${before}"` : ''
      io.stdout.write(`Tag "${tag}" leads to revision "${revision}"${from}. Pods follow when they restart.\n`)
    }
    return EXIT.ok
  })
}
