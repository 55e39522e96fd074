/**
 * `npm run audit`: what is known of the dependencies that mizzen ships with. Any weakness fails. A registry that does not answer such questions (a mirror, no
 * network) is no weakness: it is said, with its words, and fails only with --strict.
 */
import { execFile } from 'node:child_process'
import path from 'node:path'

/** What `npm audit --json` said. @returns the exit code, and what to print */
export function verdict(output: string, strict: boolean): { readonly code: number; readonly text: string } {
  const report: unknown = parsed(output)
  const total = at(report, 'metadata', 'vulnerabilities', 'total')
  if (total === 0) return { code: 0, text: 'npm audit: nothing is known against the dependencies' }
  if (typeof total === 'number') return { code: 1, text: `npm audit: ${total} weaknesses are known\n${output}` }
  const reason = at(report, 'message') ?? at(report, 'error', 'summary') ?? (output.trim().slice(0, 200) || 'no answer')
  return { code: strict ? 1 : 0, text: `npm audit: not to be had here: ${String(reason)}` }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  let found = value
  for (const key of keys) found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined
  return found
}

if (import.meta.main) {
  const cwd = path.resolve(import.meta.dirname, '..')
  // It exits with 1 for weaknesses and for failures alike: what it prints tells them apart.
  execFile('npm', ['audit', '--json', '--omit', 'dev'], { cwd, maxBuffer: 64 * 1024 * 1024 }, (_error, stdout) => {
    const { code, text } = verdict(stdout, process.argv.includes('--strict'))
    process.stdout.write(`${text}\n`)
    process.exitCode = code
  })
}
