import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { main } from './main.ts'

const directory = mkdtempSync(path.join(tmpdir(), 'mizzen-cli-'))
after(() => rmSync(directory, { recursive: true }))

async function mizzen(...args: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const code = await main(args, { stdin: Readable.from([]), stdout, stderr, env: { XDG_STATE_HOME: directory }, cwd: directory })
  stdout.end()
  stderr.end()
  return { code, stdout: await text(stdout), stderr: await text(stderr) }
}

test('main() prints the commands for "help", for "--help" and for nothing at all', async () => {
  const help = await mizzen('help')
  assert.equal(help.code, 0)
  for (const verb of [
    'up',
    'down',
    'ps',
    'logs',
    'validate',
    'gateway-status',
    'xds',
    'control-plane',
    'token',
    'proxy',
    'version',
  ]) {
    assert.match(help.stdout, new RegExp(`^  ${verb} `, 'm'))
  }
  assert.deepEqual(await mizzen('--help'), help)
  assert.deepEqual(await mizzen(), help)
})

for (const verb of ['up', 'down', 'ps', 'logs', 'validate', 'gateway-status', 'xds', 'control-plane', 'token', 'version']) {
  test(`main() lets "${verb}" tell its own usage`, async () => {
    const own = await mizzen(verb, '--help')
    assert.equal(own.code, 0)
    assert.match(own.stdout, new RegExp(`^Usage: mizzen ${verb}`))
    assert.deepEqual(await mizzen('help', verb), own)
  })
}

const wrong: [args: string[], message: RegExp][] = [
  [['dwon'], /^Cannot run "mizzen dwon": there is no such command, did you mean "mizzen down"\?\n$/],
  [['frobnicate'], /there is no such command, see "mizzen help"/],
  [['help', 'lgos'], /Cannot help with "lgos": there is no such command, did you mean "logs"\?/],
  [['up', '--egnine', 'envoy'], /there is no flag "--egnine", did you mean "--engine"\?/],
  [['up', '-x'], /there is no flag "-x"; see "mizzen up --help"/],
  [['up', '--engine', 'nginx'], /Cannot use --engine "nginx": expected "mizzen" or "envoy"/],
  [['up', '--timeout', 'soon'], /Cannot use --timeout "soon": expected a duration such as "60s" or "2m"/],
  [['up', '--ingress-port', '99999'], /Cannot use --ingress-port "99999": expected a port, 1 to 65535/],
  [['up', '--address', 'localhost'], /Cannot use --address "localhost": expected an IP address/],
  [['up', 'a', 'b'], /Cannot use "b": "mizzen up" expects at most 1 argument/],
  [['ps', '-o', 'yaml'], /Cannot use --output "yaml": expected "json"/],
  [['control-plane'], /expected at least one PATH/],
  [['control-plane', '.', '--xds', 'nowhere'], /Cannot use --xds "nowhere": expected HOST:PORT or unix:\/PATH/],
]
for (const [args, message] of wrong) {
  test(`main() answers "mizzen ${args.join(' ')}" with exit code 2 and what is wrong`, async () => {
    const { code, stdout, stderr } = await mizzen(...args)
    assert.match(stderr, message)
    assert.deepEqual([code, stdout], [2, ''])
  })
}

const failing: [args: string[], message: RegExp][] = [
  [['up', 'nowhere'], /^Cannot run "nowhere": there is no such directory\n$/],
  [['ps'], /Cannot find a mesh: none runs on this machine; "mizzen up DIR" starts one/],
  [['down', 'nowhere'], /Cannot find the mesh of "nowhere": it does not run/],
  [['logs'], /none runs on this machine/],
]
for (const [args, message] of failing) {
  test(`main() answers "mizzen ${args.join(' ')}" with exit code 1 and one sentence`, async () => {
    const { code, stderr } = await mizzen(...args)
    assert.match(stderr, message)
    assert.equal(code, 1)
  })
}

test('main() prints the version, as JSON when asked', async () => {
  assert.match((await mizzen('--version')).stdout, /^mizzen \d+\.\d+\.\d+ \(Node \d+/)
  assert.equal(JSON.parse((await mizzen('version', '-o', 'json')).stdout).node, process.versions.node)
})
