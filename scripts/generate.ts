/**
 * Makes src/xds/gen: typed encoders and decoders (ts-proto) and one descriptor set (for JSON) from the .proto files that
 * @grpc/grpc-js-xds ships, plus our own under proto/. The roots are listed in proto/roots.txt; imports follow by themselves. A second
 * descriptor set has all of Envoy's API: what users patch in by EnvoyFilter is read and judged, whether we know what it does or not.
 *
 * Why ts-proto: of 10,000 clusters it encodes in 80 ms and holds 15 MB, protobuf-es needs 110 ms and 30 MB; loading the bundled
 * code costs a process 3.5 MB against 22 MB. JSON, which needs reflection, is protobuf-es' work and loaded only when asked for.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { brotliCompressSync } from 'node:zlib'
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
const everything = collectAll(inputs)
const fingerprint = createHash('sha256')
  .update(readFileSync(import.meta.filename))
  .update(readFileSync(path.join(repository, 'package-lock.json')))
  .update(JSON.stringify([...inputs, ...everything]))
  .digest('hex')
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) process.exit(0)

rmSync(work, { recursive: true, force: true })
writeModule(work, inputs)
writeFileSync(path.join(work, 'buf.gen.yaml'), bufTemplate())
execFileSync(bin('buf'), ['generate'], { cwd: work, stdio: 'inherit' })

rmSync(output, { recursive: true, force: true })
cpSync(path.join(work, 'out'), output, { recursive: true })
for (const file of globSync('**/*.ts', { cwd: output })) {
  // Generated code is not written for the strictest flags; its exported types still hold for whoever imports it.
  const full = path.join(output, file)
  writeFileSync(full, `// @ts-nocheck\n${readFileSync(full, 'utf8')}`)
}
writeFileSync(
  path.join(output, 'descriptors.ts'),
  `/** google.protobuf.FileDescriptorSet of everything generated here, base64. */\nexport const descriptors =\n  '${describe(work).toString('base64')}'\n`,
)
const whole = path.join(work, 'all')
writeModule(whole, everything)
writeFileSync(
  path.join(output, 'all-descriptors.ts'),
  `/** google.protobuf.FileDescriptorSet of all of Envoy's API, brotli, base64. */\nexport const allDescriptors =\n  '${brotliCompressSync(describe(whole)).toString('base64')}'\n`,
)
writeFileSync(stamp, fingerprint)

function writeModule(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [file, text] of files) {
    const target = path.join(folder, 'in', file)
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  writeFileSync(path.join(folder, 'buf.yaml'), 'version: v2\nmodules:\n  - path: in\n')
}

/** The FileDescriptorSet of a module. */
function describe(folder: string): Buffer {
  execFileSync(bin('buf'), ['build', '-o', 'descriptors.binpb', '--as-file-descriptor-set', '--exclude-source-info'], {
    cwd: folder,
  })
  return readFileSync(path.join(folder, 'descriptors.binpb'))
}

/** All files of Envoy's API beside those given; a few import what is not shipped with them, and are left out. */
function collectAll(given: ReadonlyMap<string, string>): Map<string, string> {
  const texts = new Map(given)
  for (const file of globSync('envoy/**/*.proto', { cwd: path.join(vendored, 'envoy-api') })) {
    try {
      for (const [name, text] of collect([file])) texts.set(name, text)
    } catch {}
  }
  return new Map([...texts].sort(([a], [b]) => (a < b ? -1 : 1)))
}

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
