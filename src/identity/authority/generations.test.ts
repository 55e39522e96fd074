/** Secret documents in real files: modes, rivals, full disks. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { FileGenerations } from './generations.ts'

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

function directory(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'mizzen-generations-'))
  directories.push(made)
  return made
}

describe('FileGenerations', () => {
  test('reads what was written last, keeps the one before, and is readable by its owner alone', () => {
    const place = path.join(directory(), 'state')
    const store = new FileGenerations(place, 'root')
    assert.equal(store.read(), undefined)
    for (const number of [1, 2, 10, 11]) assert(store.write({ number, text: `text ${number}` }))
    assert.deepEqual(store.read(), { number: 11, text: 'text 11' })
    assert.deepEqual(readdirSync(place).sort(), ['root.10.json', 'root.11.json'])
    assert.equal(statSync(place).mode & 0o777, 0o700)
    assert.equal(statSync(path.join(place, 'root.11.json')).mode & 0o777, 0o600)
  })

  test('tells the second of two who write the same generation that it was late', () => {
    const place = directory()
    const [one, other] = [new FileGenerations(place, 'root'), new FileGenerations(place, 'root')]
    assert(one.write({ number: 1, text: 'one' }))
    assert.equal(other.write({ number: 1, text: 'other' }), false)
    assert.equal(other.read()?.text, 'one')
    assert.deepEqual(readdirSync(place), ['root.1.json'])
  })

  test('refuses a file that others may read, and says how to mend it', () => {
    const place = directory()
    const store = new FileGenerations(place, 'root')
    store.write({ number: 1, text: 'secret' })
    const file = path.join(place, 'root.1.json')
    chmodSync(file, 0o644)
    assert.throws(() => store.read(), {
      message: `Cannot read the secret "${file}": others may read it (mode 644), expected 600; if nobody has, run "chmod 600 ${file}"`,
    })
  })

  test('leaves the generation of before, and no draft, when the disk is full', async () => {
    const place = directory()
    new FileGenerations(place, 'root').write({ number: 1, text: 'before' })
    // A limit on the size of files fails the write as a full disk does, in its middle.
    const script = `
      import { FileGenerations } from ${JSON.stringify(path.join(import.meta.dirname, 'generations.ts'))}
      try {
        new FileGenerations(${JSON.stringify(place)}, 'root').write({ number: 2, text: 'x'.repeat(100_000) })
      } catch (error) {
        process.stdout.write(error.message)
      }`
    const shell = `trap '' XFSZ; ulimit -f 16; exec "$0" --input-type=module -e "$1"`
    const { stdout } = await promisify(execFile)('bash', ['-c', shell, process.execPath, script])
    assert.match(stdout, /^Cannot store the secret ".*root\.2\.json": .*; what was there before is unchanged$/)
    assert.deepEqual(readdirSync(place), ['root.1.json'])
    assert.equal(new FileGenerations(place, 'root').read()?.text, 'before')
  })
})
