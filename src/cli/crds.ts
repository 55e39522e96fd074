/** `mizzen crds [KIND...]`: the CustomResourceDefinitions of the mesh's kinds, for kubectl apply. */
import { stringify } from 'yaml'
import { definedKinds, definition } from '../api/crd/definition.ts'
import { definedGroups, findDefined } from '../api/crd/find.ts'
import type { DefinedKind } from '../api/crd/names.ts'
import { kinds } from '../api/registry.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen crds [KIND...] [-o yaml|json] [--group GROUP]

Prints the CustomResourceDefinitions of the mesh's kinds. HTTPRoute's is large, so let the server apply them:

  mizzen crds | kubectl apply --server-side -f -

  -o, --output yaml|json   json is one List. Default: yaml
  --group GROUP            only kinds of this group: ${definedGroups.join(', ')}
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('crds', args, {
    output: { type: 'string', short: 'o', default: 'yaml' },
    group: { type: 'string' },
  })
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const output = oneOf('output', values.output, ['yaml', 'json'])
  const group = values.group === undefined ? undefined : oneOf('group', values.group, definedGroups)
  const wanted = wantedKinds(positionals).filter(id => group === undefined || kinds[id].group === group)
  const definitions = wanted.map(definition)
  io.stdout.write(
    output === 'json'
      ? `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: definitions }, null, 2)}\n`
      : definitions.map(each => `---\n${stringify(each, { aliasDuplicateObjects: false })}`).join(''),
  )
  return EXIT.ok
}

/** @throws UsageError */
export function wantedKinds(words: readonly string[]): readonly DefinedKind[] {
  if (words.length === 0) return definedKinds
  const wanted = new Set(
    words.flatMap(word => {
      const found = findDefined(word)
      if (typeof found === 'string') throw new UsageError(`Cannot print "${word}": ${found}`)
      return found
    }),
  )
  return definedKinds.filter(id => wanted.has(id))
}
