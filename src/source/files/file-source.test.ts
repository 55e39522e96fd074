/** Over a real directory: the tests wait for what the source says, never for a time. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import type { Diagnostic } from '../diagnostic.ts'
import { Store } from '../store.ts'
import { FileSource } from './file-source.ts'

const service = (name: string, port: number | string = 80) =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: ${port}}]}\n`

/** A directory with files, and a store that follows it. */
class Shop {
  readonly store = new Store()
  readonly #source: FileSource
  readonly #directory: string

  constructor(t: TestContext, files: Record<string, string>, paths = ['.'], stdin?: Readable) {
    this.#directory = mkdtempSync(path.join(tmpdir(), 'mizzen-files-'))
    for (const [name, text] of Object.entries(files)) this.write(name, text)
    this.#source = new FileSource({ paths, cwd: this.#directory, ...(stdin ? { stdin } : {}) }, this.store.source())
    t.after(() => {
      this.#source.close()
      rmSync(this.#directory, { recursive: true })
    })
  }

  async start(): Promise<this> {
    await this.#source.start()
    return this
  }

  at(name: string): string {
    return path.join(this.#directory, name)
  }

  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.at(name)), { recursive: true })
    writeFileSync(this.at(name), text)
  }

  /** "name:port" of all services. */
  services(): string[] {
    return this.store.snapshot().objects.Service.map(({ name, spec }) => `${name}:${spec.ports?.[0]?.port}`)
  }

  /** Resolves once the services are these; every state in between must satisfy `always`. */
  async until(expected: readonly string[], always: (services: string[]) => boolean = () => true): Promise<void> {
    await this.#until(() => {
      assert.ok(always(this.services()), `got ${this.services()} in between`)
      return this.services().join() === expected.join()
    })
  }

  /** Resolves with the diagnostics once there are any with that code, or none at all. */
  async untilSaid(code: string | undefined): Promise<readonly Diagnostic[]> {
    await this.#until(() =>
      code === undefined ? this.store.diagnostics().length === 0 : this.store.diagnostics().some(each => each.code === code),
    )
    return this.store.diagnostics()
  }

  async #until(reached: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = () => {
      try {
        if (reached()) resolve()
      } catch (error) {
        reject(error)
      }
    }
    const ends = [this.store.subscribe(look), this.store.subscribeDiagnostics(look)]
    look()
    await promise
    for (const end of ends) end()
  }
}

test('FileSource reads a directory with all below it', async t => {
  const shop = new Shop(t, {
    'a.yaml': service('a'),
    'deep/er/b.yml': service('b'),
    'c.json': JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'c' }, spec: { ports: [{ port: 80 }] } }),
    '.hidden.yaml': service('hidden'),
    '.git/d.yaml': service('hidden'),
    'node_modules/x/d.yaml': service('foreign'),
    'notes.txt': 'not: [yaml',
    'package.json': '{"name": "shop"}',
  })
  await shop.start()
  assert.deepEqual(shop.services(), ['a:80', 'b:80', 'c:80'])
  assert.deepEqual(shop.store.diagnostics(), [])
  assert.equal(shop.store.snapshot().objects.Service[1]?.origin.file, path.join('deep', 'er', 'b.yml'))
})

test('FileSource reads standard input and named files', async t => {
  const shop = new Shop(
    t,
    { 'a.yaml': service('a'), 'b.yaml': service('b') },
    ['-', 'b.yaml'],
    Readable.from([service('c'), '---\n', service('d')]),
  )
  await shop.start()
  assert.deepEqual(shop.services(), ['b:80', 'c:80', 'd:80'])
  assert.equal(shop.store.snapshot().objects.Service[1]?.origin.file, '-')
})

test('FileSource follows symbolic links, and not in circles', async t => {
  const shop = new Shop(t, { 'in/a.yaml': service('a'), 'elsewhere/b.yaml': service('b'), 'far/c.yaml': service('c') }, ['in'])
  symlinkSync('../elsewhere/b.yaml', shop.at('in/b.yaml'))
  symlinkSync('../far', shop.at('in/far'))
  symlinkSync('..', shop.at('far/up'))
  symlinkSync('nowhere', shop.at('in/broken.yaml'))
  await shop.start()
  assert.deepEqual(new Set(shop.services()), new Set(['a:80', 'b:80', 'c:80']))
  shop.write('elsewhere/b.yaml', service('b', 81))
  await shop.until(['a:80', 'b:81', 'c:80'])
})

test('FileSource lets a saved file take effect within a second', async t => {
  const shop = await new Shop(t, { 'a.yaml': service('a') }).start()
  const saved = performance.now()
  shop.write('a.yaml', service('a', 81))
  await shop.until(['a:81'])
  const took = performance.now() - saved
  t.diagnostic(`after ${took.toFixed(0)} ms`)
  assert.ok(took < 1000)
})

test('FileSource notices new files, new directories, files renamed over others and files removed', async t => {
  const shop = await new Shop(t, { 'a.yaml': service('a') }).start()
  shop.write('b.yaml', service('b'))
  await shop.until(['a:80', 'b:80'])
  shop.write('new/dir/c.yaml', service('c'))
  await shop.until(['a:80', 'b:80', 'c:80'])
  shop.write('a.yaml~', service('a', 81))
  renameSync(shop.at('a.yaml~'), shop.at('a.yaml'))
  await shop.until(['a:81', 'b:80', 'c:80'])
  rmSync(shop.at('b.yaml'))
  await shop.until(['a:81', 'c:80'])
  rmSync(shop.at('new'), { recursive: true })
  await shop.until(['a:81'])
  shop.write('new/dir/c.yaml', service('c', 82))
  await shop.until(['a:81', 'c:82'])
})

test('FileSource never loses an object while an editor removes or empties the file for a moment', async t => {
  const shop = await new Shop(t, { 'a.yaml': service('a') }).start()
  const present = (services: string[]) => services.length === 1
  for (let port = 81; port < 90; port++) {
    if (port % 2 === 0) truncateSync(shop.at('a.yaml'))
    else renameSync(shop.at('a.yaml'), shop.at('a.yaml~'))
    shop.write('other.txt', String(port)) // makes an event, so that the gap is looked at
    const written = shop.until([`a:${port}`], present)
    setImmediate(() => shop.write('a.yaml', service('a', port)))
    await written
  }
  truncateSync(shop.at('a.yaml'))
  await shop.until([])
})

test('FileSource keeps the last good version of a file whose edit is not in order, and says so', async t => {
  const shop = await new Shop(t, { 'a.yaml': `${service('a')}---\n${service('b')}`, 'c.yaml': service('c') }).start()
  for (const [text, code, line] of [
    [`${service('a', 81)}---\n${service('b', '"x"')}`, 'wrong-value', 9],
    [`${service('a', 81)}---\n${service('b')}\tx`, 'yaml-tab', 10],
  ] as const) {
    shop.write('a.yaml', text)
    const [said, ...more] = await shop.untilSaid(code)
    assert.deepEqual(
      [said?.file, said?.line, said?.level, said?.effect],
      ['a.yaml', line, 'error', 'the last good version of a.yaml keeps serving'],
    )
    assert.deepEqual(more, [])
    assert.deepEqual(shop.services(), ['a:80', 'b:80', 'c:80'])
  }
  shop.write('a.yaml', service('a', 82))
  await shop.untilSaid(undefined)
  assert.deepEqual(shop.services(), ['a:82', 'c:80'])
})

test('FileSource takes the sound objects of a file that was never in order', async t => {
  const shop = await new Shop(t, { 'a.yaml': `${service('a')}---\n${service('b', '"x"')}` }).start()
  assert.deepEqual(shop.services(), ['a:80'])
  assert.deepEqual(
    shop.store.diagnostics().map(each => each.effect),
    ['the object is left out'],
  )
})

test('FileSource keeps what a file said when it grows beyond reading', async t => {
  const shop = await new Shop(t, { 'a.yaml': service('a') }).start()
  truncateSync(shop.at('a.yaml'), 101 * 1024 * 1024)
  const [said] = await shop.untilSaid('file-unreadable')
  assert.equal(said?.effect, 'the last good version of a.yaml keeps serving')
  assert.deepEqual(shop.services(), ['a:80'])
})

test('FileSource waits for a path that is not there', async t => {
  const shop = await new Shop(t, {}, ['deep/shop']).start()
  assert.deepEqual(
    shop.store.diagnostics().map(each => each.code),
    ['file-missing'],
  )
  shop.write('deep/shop/a.yaml', service('a'))
  await shop.until(['a:80'])
  assert.deepEqual(shop.store.diagnostics(), [])
})

test('FileSource warns when there is nothing to read', async t => {
  const shop = await new Shop(t, {}).start()
  assert.deepEqual(
    shop.store.diagnostics().map(each => each.code),
    ['no-objects'],
  )
})

test('FileSource takes of two equal objects the one of the first file by name', async t => {
  const shop = new Shop(t, { 'b.yaml': service('a', 2) })
  shop.write('c.yaml', service('a', 3))
  shop.write('a.yaml', `${service('a', 1)}---\n${service('a', 4)}`)
  await shop.start()
  assert.deepEqual(shop.services(), ['a:1'])
  assert.deepEqual(
    shop.store.diagnostics().map(({ code, file, line }) => `${code} ${file}:${line}`),
    ['duplicate-object a.yaml:6', 'duplicate-object b.yaml:1', 'duplicate-object c.yaml:1'],
  )
  rmSync(shop.at('a.yaml'))
  await shop.until(['a:2'])
})

test('FileSource gives the same snapshot in whichever order files are written and objects are spread over them', async t => {
  const objects = Array.from({ length: 12 }, (_, n) => service(`s${n}`, 1000 + n))
  const snapshots = new Set<string>()
  for (let turn = 0; turn < 8; turn++) {
    const files = new Map<string, string[]>()
    for (let n = 0; n < objects.length; n++) {
      // 5 and 12 have no common factor: another order each turn, and another file.
      const index = (n * 5 + turn * 7) % objects.length
      const name = `${'abcd'[(index * (turn + 1)) % 4]}.yaml`
      files.set(name, [...(files.get(name) ?? []), objects[index] ?? ''])
    }
    const shop = new Shop(t, Object.fromEntries([...files].map(([name, texts]) => [name, texts.join('---\n')])))
    await shop.start()
    assert.deepEqual(shop.store.diagnostics(), [])
    snapshots.add(shop.services().join())
  }
  assert.equal(snapshots.size, 1)
})
