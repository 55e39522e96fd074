/**
 * `mizzen validate PATH... [-o json]`: says of each object in files, directories or standard input ("-") whether the mesh would take it.
 * Exit code 1 when one is not valid.
 */
import { parseArgs } from 'node:util'
import type { Diagnostic } from '../source/diagnostic.ts'
import type { ReadDocument } from '../source/files/document.ts'
import { type Documents, readDocuments } from '../source/files/read-documents.ts'
import { formatDiagnostic } from '../source/format.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen validate PATH... [-o json]

Checks Kubernetes and Istio objects in files, directories or standard input ("-").

  -o, --output json   one entry an object: resource, file, line, valid, errors, warnings
`

/** What `-o json` says of one object; resource is '' where the text cannot be read, line 0 where there is none. */
interface Verdict {
  readonly resource: string
  readonly file: string
  readonly line: number
  readonly valid: boolean
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

export async function run(args: readonly string[], io: Io): Promise<number> {
  const asked = parse(args)
  if (typeof asked === 'string') {
    io.stderr.write(`${asked}\n\n${USAGE}`)
    return EXIT.usage
  }
  if (asked.help) {
    io.stdout.write(USAGE)
    return EXIT.ok
  }
  const read = await readDocuments(asked.paths, io.cwd, io.stdin)
  const verdicts = verdictsOf(read)
  if (asked.json) io.stdout.write(`${JSON.stringify(verdicts, null, 2)}\n`)
  else io.stdout.write(report(read, verdicts, hasColour(io)))
  return verdicts.every(verdict => verdict.valid) ? EXIT.ok : EXIT.failed
}

/** @returns what is wrong with the command line, as a sentence */
function parse(args: readonly string[]): { paths: string[]; json: boolean; help: boolean } | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { output: { type: 'string', short: 'o' }, help: { type: 'boolean', short: 'h' } },
    })
    const { output, help = false } = values
    if (output !== undefined && output !== 'json') return `Cannot print as "${output}": expected -o json`
    if (positionals.length === 0 && !help) return 'Cannot validate nothing: expected at least one PATH'
    return { paths: positionals, json: output === 'json', help }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function verdictsOf({ documents, problems }: Documents): Verdict[] {
  const unread = problems.map(({ file, message }) => ({
    resource: '',
    file,
    line: 0,
    valid: false,
    errors: [message],
    warnings: [],
  }))
  return [...unread, ...documents.map(verdictOn)]
}

function verdictOn({ origin, reading, diagnostics }: ReadDocument): Verdict {
  const sentences = (level: Diagnostic['level']) => diagnostics.filter(each => each.level === level).map(each => each.message)
  const errors = sentences('error')
  const { file, line } = origin
  return { resource: reading?.resource ?? '', file, line, valid: errors.length === 0, errors, warnings: sentences('warning') }
}

function report({ documents, problems }: Documents, verdicts: readonly Verdict[], colour: boolean): string {
  const diagnostics = [...problems, ...documents.flatMap(document => document.diagnostics)]
  const said = diagnostics.map(diagnostic => `${formatDiagnostic(diagnostic, { colour })}\n`).join('')
  const invalid = verdicts.filter(verdict => !verdict.valid).length
  const warnings = diagnostics.filter(diagnostic => diagnostic.level === 'warning').length
  const files = new Set(verdicts.map(verdict => verdict.file)).size
  const counted = [
    count(documents.length, 'object'),
    `in ${count(files, 'file')}:`,
    invalid === 0 ? 'all valid' : `${invalid} not valid`,
  ]
  return `${said}${counted.join(' ')}${warnings === 0 ? '' : `, ${count(warnings, 'warning')}`}\n`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function hasColour({ stdout, env }: Io): boolean {
  return 'isTTY' in stdout && stdout.isTTY === true && !env['NO_COLOR']
}
