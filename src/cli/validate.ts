/**
 * `mizzen validate PATH... [-o json]`: says of each object in files, directories or standard input ("-") whether the mesh would take it.
 * Exit code 1 when one is not valid.
 */
import { parseArgs } from 'node:util'
import { type Helped, help } from '../explain/repair/repair.ts'
import type { Diagnostic } from '../source/diagnostic.ts'
import { type Documents, readDocuments } from '../source/files/read-documents.ts'
import { formatDiagnostic } from '../source/format.ts'
import { EXIT, type Io } from './io.ts'

const USAGE = `Usage: mizzen validate PATH... [-o json]

Checks Kubernetes and Istio objects in files, directories or standard input ("-").

  -o, --output json   one entry an object: resource, file, line, valid, errors, warnings; corrected, where the object can be repaired
`

/** What `-o json` says of one object; resource is '' where the text cannot be read, line 0 where there is none. */
interface Verdict {
  readonly resource: string
  readonly file: string
  readonly line: number
  readonly valid: boolean
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
  /** A valid document, where this one is not and can be repaired. */
  readonly corrected?: string | undefined
}

/** What was read, with help for what is not valid. */
interface Read extends Documents {
  readonly documents: readonly Helped[]
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
  const { documents, problems } = await readDocuments(asked.paths, io.cwd, io.stdin)
  const read: Read = { documents: documents.map(help), problems }
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

function verdictsOf({ documents, problems }: Read): Verdict[] {
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

function verdictOn({ origin, reading, diagnostics, corrected }: Helped): Verdict {
  const sentences = (level: Diagnostic['level']) => diagnostics.filter(each => each.level === level).map(each => each.message)
  const errors = sentences('error')
  const { file, line } = origin
  const valid = errors.length === 0
  return { resource: reading?.resource ?? '', file, line, valid, errors, warnings: sentences('warning'), corrected }
}

function report({ documents, problems }: Read, verdicts: readonly Verdict[], colour: boolean): string {
  const say = (diagnostic: Diagnostic) => `${formatDiagnostic(diagnostic, { colour })}\n`
  const said = problems
    .map(say)
    .concat(documents.map(document => document.diagnostics.map(say).join('') + repaired(document)))
    .join('')
  const diagnostics = [...problems, ...documents.flatMap(document => document.diagnostics)]
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

function repaired({ corrected, origin }: Helped): string {
  return corrected === undefined
    ? ''
    : `\ncorrected, the object of ${origin.file}:${origin.line} is valid:\n\n${corrected.trimEnd()}\n\n`
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function hasColour({ stdout, env }: Io): boolean {
  return 'isTTY' in stdout && stdout.isTTY === true && !env['NO_COLOR']
}
