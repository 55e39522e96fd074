/** `mizzen expand FILE...`: mizzen's own objects in Istio's words. */
import { stringify } from 'yaml'
import { expand } from '../compile/mizzen/expand/expand.ts'
import { DEFAULT_SETTINGS } from '../model/settings.ts'
import { FileSource } from '../source/files/file-source.ts'
import { formatDiagnostic } from '../source/format.ts'
import { Store } from '../source/store.ts'
import { oneOf, parseFlags, UsageError } from './flags.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen expand FILE... [-o yaml|json]

Prints the Istio objects that mean the same as the objects of mizzen.dev in FILE (files, directories, "-" is standard input).
What Istio has no words for is said on standard error. Give the Services too where TLS, callers or tokens are to be expanded.

  -o, --output FORMAT   yaml (default) or json
`

const OPTIONS = { output: { type: 'string', short: 'o' } } as const

/** Fails when a file holds something that is not valid: half of a meaning is none. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parseFlags('expand', args, OPTIONS)
  if (values.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  if (positionals.length === 0) throw new UsageError('Cannot expand nothing: expected at least one FILE')
  const format = oneOf('output', values.output ?? 'yaml', ['yaml', 'json'])
  const store = new Store()
  await new FileSource({ paths: positionals, cwd: io.cwd, stdin: io.stdin }, store.source()).read()
  const errors = store.diagnostics().filter(diagnostic => diagnostic.level === 'error')
  for (const error of errors) io.stderr.write(`${formatDiagnostic(error, { colour: false })}\n`)
  if (errors.length > 0) return EXIT.failed
  const { objects, notes } = expand(store.snapshot().objects, DEFAULT_SETTINGS)
  io.stdout.write(
    format === 'json'
      ? `${JSON.stringify(objects, null, 2)}\n`
      : objects.map(object => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n'),
  )
  for (const note of notes) io.stderr.write(`${note}\n`)
  if (objects.length === 0 && notes.length === 0) io.stderr.write('There is no object of mizzen.dev in it.\n')
  return EXIT.ok
}
