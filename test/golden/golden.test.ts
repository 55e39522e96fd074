/** Runs the golden cases; with --update writes what they should have been. */
import assert from 'node:assert/strict'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { parse, stringify } from 'yaml'
import { resourcesJson, runCase } from './golden-case.ts'

const folder = path.join(import.meta.dirname, 'cases')
const update = process.argv.includes('--update')

for (const file of globSync('*.in.yaml', { cwd: folder }).sort()) {
  const name = file.slice(0, -'.in.yaml'.length)
  test(`compile() and resourcesFor() give the golden files when asked for ${name}`, async () => {
    const { head, model, diagnostics, resources } = await runCase(file, readFileSync(path.join(folder, file), 'utf8'))
    const made = new Map<string, unknown>([[`${name}.model.yaml`, model]])
    if (diagnostics.length > 0) made.set(`${name}.diagnostics.yaml`, diagnostics)
    for (const [proxy, set] of resources) made.set(`${name}.${proxy}.xds.yaml`, resourcesJson(set, head.show))
    if (update) write(name, made)
    const known = globSync(`${name}.*.yaml`, { cwd: folder }).filter(other => other !== file)
    assert.deepEqual(known.sort(), [...made.keys()].sort(), 'the golden files of this case; run with --update')
    for (const [golden, value] of made) {
      const expected: unknown = parse(readFileSync(path.join(folder, golden), 'utf8'))
      assert.deepEqual(value, expected, `${golden} differs; if the change is meant, run with --update and look at the diff`)
    }
  })
}

function write(name: string, made: ReadonlyMap<string, unknown>): void {
  for (const old of globSync(`${name}.*.yaml`, { cwd: folder })) if (!old.endsWith('.in.yaml')) rmSync(path.join(folder, old))
  for (const [golden, value] of made)
    writeFileSync(path.join(folder, golden), stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }))
}
