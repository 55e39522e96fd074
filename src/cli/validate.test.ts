import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { run } from './validate.ts'

const cwd = mkdtempSync(path.join(tmpdir(), 'mizzen-validate-'))
after(() => rmSync(cwd, { recursive: true }))

const entry = (name: string, address: string) =>
  `apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: ${name}, namespace: shop}\nspec: ${address}\n`
writeFileSync(path.join(cwd, 'good.yaml'), `${entry('a', '{address: 10.0.0.1}')}---\n${entry('b', '{network: far}')}`)
writeFileSync(path.join(cwd, 'bad.yaml'), `${entry('a', '{address: 10.0.0.1}')}---\n${entry('b', '{adress: x}')}---\na: [\n`)

async function validate(args: readonly string[], stdin = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await run(args, { stdin: Readable.from([stdin]), stdout, stderr, env: {}, cwd })
  stdout.end()
  stderr.end()
  return { code, stdout: await textOf(stdout), stderr: await textOf(stderr) }
}

test('validate exits with 0 when all objects are valid', async () => {
  const { code, stdout } = await validate(['good.yaml'])
  assert.equal(code, 0)
  assert.match(stdout, /good\.yaml:9:1: warning: spec: .*gateway of network "far"/)
  assert.match(stdout, /2 objects in 1 file: all valid, 1 warning\n$/)
})

test('validate exits with 1 and says where when one is not', async () => {
  const { code, stdout } = await validate(['.'])
  assert.equal(code, 1)
  assert.match(stdout, /bad\.yaml:9:8: error: spec\.adress: unknown field "adress": did you mean "address"\?/)
  assert.match(stdout, /5 objects in 2 files: 2 not valid, 1 warning\n$/)
})

test('validate -o json gives an entry an object', async () => {
  const { code, stdout } = await validate(['-o', 'json', 'bad.yaml', 'nowhere'])
  assert.equal(code, 1)
  const verdicts: unknown = JSON.parse(stdout)
  assert.deepEqual(verdicts, [
    {
      resource: '',
      file: 'nowhere',
      line: 0,
      valid: false,
      errors: ['Cannot read "nowhere": expected a file or directory, got nothing'],
      warnings: [],
    },
    { resource: 'WorkloadEntry shop/a', file: 'bad.yaml', line: 1, valid: true, errors: [], warnings: [] },
    {
      resource: 'WorkloadEntry shop/b',
      file: 'bad.yaml',
      line: 6,
      valid: false,
      errors: ['spec.adress: unknown field "adress": did you mean "address"?'],
      warnings: [],
      corrected:
        'apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata:\n  name: b\n  namespace: shop\nspec:\n  address: x\n',
    },
    {
      resource: '',
      file: 'bad.yaml',
      line: 12,
      valid: false,
      errors: ['this is not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]'],
      warnings: [],
    },
  ])
})

test('validate reads standard input', async () => {
  const { code, stdout } = await validate(['-'], entry('a', '{}'))
  assert.equal(code, 1)
  assert.match(stdout, /^-:4:1: error: spec: "address" is missing/)
})

for (const args of [[], ['-o', 'yaml', '.'], ['--unknown']]) {
  test(`validate exits with 2 and its usage when called with ${JSON.stringify(args)}`, async () => {
    const { code, stdout, stderr } = await validate(args)
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /Usage: mizzen validate/)
  })
}
