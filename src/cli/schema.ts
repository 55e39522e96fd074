/** `mizzen schema [KIND]`: JSON Schema of the mesh's kinds, for editors; docs/editors.md tells how to use it. */
import { editorSchema } from '../api/crd/editor-schema.ts'
import { wantedKinds } from './crds.ts'
import { oneOf, parseFlags } from './flags.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen schema [KIND...] [-o json]

Prints one JSON Schema that knows all kinds of the mesh, or only those that are named. Editors complete and check YAML with it:

  mizzen schema > mesh.schema.json

and as first line of a file: # yaml-language-server: $schema=mesh.schema.json
`

export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('schema', args, { output: { type: 'string', short: 'o', default: 'json' } })
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  oneOf('output', values.output, ['json'])
  io.stdout.write(`${JSON.stringify(editorSchema(wantedKinds(positionals)), null, 2)}\n`)
  return EXIT.ok
}
