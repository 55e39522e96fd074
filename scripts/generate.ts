/**
 * Makes src/xds/gen: typed encoders and decoders (ts-proto) and one descriptor set (for JSON) from the .proto files that
 * @grpc/grpc-js-xds ships, plus our own under proto/. The roots are listed in proto/roots.txt; imports follow by themselves.
 *
 * Why ts-proto: of 10,000 clusters it encodes in 80 ms and holds 15 MB, protobuf-es needs 110 ms and 30 MB; loading the bundled
 * code costs a process 3.5 MB against 22 MB. JSON, which needs reflection, is protobuf-es' work and loaded only when asked for.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { readAdditions, withAdditions } from './proto-additions.ts'
import { withoutCustomOptions } from './proto-options.ts'

const repository = path.resolve(import.meta.dirname, '..')
const vendored = path.join(repository, 'node_modules/@grpc/grpc-js-xds/deps')
const includeRoots = [
  path.join(repository, 'proto'),
  ...['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'].map(name => path.join(vendored, name)),
]
const work = path.join(repository, 'build/proto')
const output = path.join(repository, 'src/xds/gen')
const bin = (name: string) => path.join(repository, 'node_modules/.bin', name)
const stamp = path.join(output, '.stamp')

const additions = readAdditions(readFileSync(path.join(repository, 'proto/additions.txt'), 'utf8'))

const roots = readFileSync(path.join(repository, 'proto/roots.txt'), 'utf8')
  .split('\n')
  .map(line => line.replace(/#.*/, '').trim())
  .filter(Boolean)

const inputs = collect(roots)
const fingerprint = createHash('sha256')
  .update(readFileSync(import.meta.filename))
  .update(readFileSync(path.join(repository, 'package-lock.json')))
  .update(JSON.stringify([...inputs]))
  .digest('hex')
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) process.exit(0)

rmSync(work, { recursive: true, force: true })
for (const [file, text] of inputs) {
  const target = path.join(work, 'in', file)
  mkdirSync(path.dirname(target), { recursive: true })
  writeFileSync(target, text)
}
writeFileSync(path.join(work, 'buf.yaml'), 'version: v2\nmodules:\n  - path: in\n')
writeFileSync(path.join(work, 'buf.gen.yaml'), bufTemplate())
execFileSync(bin('buf'), ['generate'], { cwd: work, stdio: 'inherit' })
execFileSync(bin('buf'), ['build', '-o', 'descriptors.binpb', '--as-file-descriptor-set', '--exclude-source-info'], { cwd: work })

rmSync(output, { recursive: true, force: true })
cpSync(path.join(work, 'out'), output, { recursive: true })
for (const file of globSync('**/*.ts', { cwd: output })) {
  // Generated code is not written for the strictest flags; its exported types still hold for whoever imports it.
  const full = path.join(output, file)
  writeFileSync(full, `// @ts-nocheck\n${readFileSync(full, 'utf8')}`)
}
const descriptors = readFileSync(path.join(work, 'descriptors.binpb')).toString('base64')
writeFileSync(
  path.join(output, 'descriptors.ts'),
  `/** google.protobuf.FileDescriptorSet of everything generated here, base64. */\nexport const descriptors =\n  '${descriptors}'\n`,
)
writeFileSync(stamp, fingerprint)

/** The text of each root and of all that it imports, by import path. */
function collect(from: readonly string[]): Map<string, string> {
  const texts = new Map<string, string>()
  const queue = [...from]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (texts.has(file) || file.startsWith('google/protobuf/')) continue
    const name = file
    const root = includeRoots.find(candidate => existsSync(path.join(candidate, name)))
    if (!root) throw new Error(`Cannot generate xDS types: "${file}" is in none of ${includeRoots.join(', ')}`)
    const text = withAdditions(file, withoutCustomOptions(readFileSync(path.join(root, file), 'utf8')), additions)
    texts.set(file, text)
    for (const imported of text.matchAll(/^import (?:public |weak )?"(.*)";/gm)) queue.push(imported[1] ?? '')
  }
  return new Map([...texts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function bufTemplate(): string {
  const options = [
    'esModuleInterop=true',
    'importSuffix=.ts',
    'env=both',
    'oneof=unions-value',
    'enumsAsLiterals=true',
    'unrecognizedEnum=false',
    'outputServices=none',
    'outputJsonMethods=false',
    'exportCommonSymbols=false',
    'removeEnumPrefix=true',
    'useDate=false',
  ]
  return `version: v2
inputs:
  - directory: .
plugins:
  - local: ${JSON.stringify(bin('protoc-gen-ts_proto'))}
    out: out
    strategy: all
    include_imports: true
    include_wkt: true
    opt: [${options.join(', ')}]
`
}
