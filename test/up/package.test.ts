/** The package as `npm install` brings it: in an empty folder, without anything that only development needs. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { smallMesh } from './manifests.ts'
import { get } from './mizzen.ts'

const repository = path.resolve(import.meta.dirname, '../..')
const work = mkdtempSync(path.join(tmpdir(), 'mizzen-package-'))
const folder = path.join(work, 'empty')
const env = {
  ...process.env,
  // The Node that runs this test, before any that npm may find.
  PATH: `${path.dirname(process.execPath)}:${process.env['PATH']}`,
  XDG_STATE_HOME: work,
  NO_COLOR: '1',
}
const run = (cwd: string, program: string, ...args: string[]) =>
  execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: 'pipe' })

before(() => {
  // Packed from a copy with a fresh dist/, so that nobody who works in the repository meanwhile is disturbed.
  const copy = path.join(work, 'copy')
  mkdirSync(copy)
  const manifest: { files: string[] } = JSON.parse(readFileSync(path.join(repository, 'package.json'), 'utf8'))
  for (const name of ['package.json', ...manifest.files]) {
    const from = path.join(repository, name)
    if (name !== 'dist' && existsSync(from)) cpSync(from, path.join(copy, name), { recursive: true })
  }
  run(repository, process.execPath, 'scripts/build.ts', path.join(copy, 'dist'))
  run(copy, 'npm', 'pack', '--ignore-scripts', '--pack-destination', work)
  const { name, version }: { name: string; version: string } = JSON.parse(
    readFileSync(path.join(repository, 'package.json'), 'utf8'),
  )
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'package.json'), '{"private": true}')
  run(
    folder,
    'npm',
    'install',
    '--omit=dev',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    path.join(work, `${name}-${version}.tgz`),
  )
})
after(() => rmSync(work, { recursive: true, force: true }))

const mizzen = path.join(folder, 'node_modules/.bin/mizzen')

test('the installed package brings a mizzen command and nothing of the development', () => {
  assert.match(run(folder, mizzen, 'version'), /^mizzen \d+\.\d+\.\d+ \(Node 2\d/)
  assert.match(run(folder, mizzen, 'help'), /up .*run the mesh/)
  const installed = (name: string) => existsSync(path.join(folder, 'node_modules', name))
  assert.deepEqual(['typescript', 'esbuild', '@grpc/grpc-js-xds', 'node'].filter(installed), [])
  assert.ok(!existsSync(path.join(folder, 'node_modules/mizzen/src')), 'sources are not published')
})

test('the installed package runs a mesh', async () => {
  const manifests = path.join(work, 'mesh')
  mkdirSync(manifests)
  for (const [name, text] of Object.entries(smallMesh())) writeFileSync(path.join(manifests, name), text)
  try {
    run(folder, mizzen, 'up', '--detach', manifests)
    const { ingress } = JSON.parse(run(folder, mizzen, 'ps', manifests, '-o', 'json'))
    assert.deepEqual(await get(`${ingress[0].url}/fetch?url=http://back/x`), { status: 200, body: 'back-v1-0 v1 /x' })
  } finally {
    run(folder, mizzen, 'down', manifests)
  }
})
