/**
 * The test command. First the checks (types, lint, direction of imports), then every test file: those beside the code, then the
 * suites under test/, one file at a time because they start whole meshes; last those that need a Kubernetes cluster ($KUBECONFIG).
 *
 * usage: node scripts/test.ts [--no-check] [--strict] [--without PATH]... [PATH...]   PATH: only test files whose path contains one of these
 * --without PATH: not those whose path contains it
 * --strict: a skipped test counts as failed (CI: everything must really have run). Known gaps are marked "todo" with their reason and
 * listed. Ends with "N passed, N failed".
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import path from 'node:path'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { parseArgs } from 'node:util'

const repository = path.resolve(import.meta.dirname, '..')
const { values, positionals } = parseArgs({
  options: {
    'no-check': { type: 'boolean' },
    strict: { type: 'boolean' },
    without: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
})

const CLUSTER_SUITES = 'test/kubernetes/cluster/'

const counts = { passed: 0, failed: 0 }
const skipped: string[] = []
const todo: string[] = []

if (!values['no-check'] && positionals.length === 0) {
  for (const [name, command, ...args] of [
    ['types', 'tsc', '--noEmit'],
    ['types of the page', 'tsc', '--noEmit', '-p', 'dashboard'],
    ['lint', 'biome', 'check', '--diagnostic-level=error', '.'],
    ['direction of imports', 'depcruise', 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'err'],
  ] as const) {
    const done = spawnSync(path.join('node_modules/.bin', command), args, { cwd: repository, encoding: 'utf8' })
    const good = done.status === 0
    counts[good ? 'passed' : 'failed'] += 1
    console.log(`${good ? '✔' : '✖'} ${name}`)
    if (!good) console.log(done.stdout + done.stderr)
  }
}

const wanted = (file: string) =>
  (positionals.length === 0 || positionals.some(part => file.includes(part))) && !values.without.some(part => file.includes(part))
const find = (pattern: string) => globSync(pattern, { cwd: repository }).filter(wanted).sort()
await runFiles(find('{src,scripts,bench,dashboard}/**/*.test.ts'), 2)
const suites = find('test/**/*.test.ts')
const onCluster = suites.filter(file => file.startsWith(CLUSTER_SUITES))
await runFiles(
  suites.filter(file => !onCluster.includes(file)),
  1,
)
if (onCluster.length > 0 && process.env['KUBECONFIG']) buildClusterImages()
await runFiles(onCluster, 1)

if (skipped.length > 0) {
  console.log(`\n${skipped.length} skipped:`)
  for (const line of skipped) console.log(`  ${line}`)
  if (values.strict) counts.failed += skipped.length
}
if (todo.length > 0) console.log(`\n${todo.length} known gaps:\n  ${todo.join('\n  ')}`)
console.log(`\n${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)

/** Once for all suites; they find the tag in the environment. */
function buildClusterImages(): void {
  const built = spawnSync(process.execPath, [path.join(repository, CLUSTER_SUITES, 'images.ts')], { encoding: 'utf8' })
  if (built.status === 0) process.env['MIZZEN_TEST_TAG'] = built.stdout.trim().split('\n').at(-1)
  else {
    console.log(`✖ images for the cluster\n${built.stderr}`)
    process.env['MIZZEN_CLUSTER_WAIT'] = '1' // it was waited for; each suite says for itself that it cannot run
  }
}

async function runFiles(files: string[], concurrency: number): Promise<void> {
  if (files.length === 0) return
  const stream = run({
    files: files.map(file => path.join(repository, file)),
    concurrency,
    timeout: 900_000,
    execArgv: ['--no-warnings'],
  })
  stream.on('test:pass', data => {
    if (data.details.type === 'suite') return
    if (data.todo !== undefined) todo.push(`${data.name}: ${data.todo === true ? '' : data.todo}`)
    else if (data.skip !== undefined) skipped.push(`${data.name}: ${data.skip === true ? 'no reason given' : data.skip}`)
    else counts.passed += 1
  })
  stream.on('test:fail', data => {
    if (data.details.type === 'suite') return
    if (data.todo !== undefined) todo.push(`${data.name}: ${data.todo === true ? '' : data.todo}`)
    else counts.failed += 1
  })
  const report = stream.compose(spec)
  report.pipe(process.stdout, { end: false })
  await new Promise(resolve => report.on('end', resolve))
}
