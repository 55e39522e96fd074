/** The documentation says what the product does: its YAML is valid, its links lead somewhere, its commands exist, its examples compile. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Readable, Writable } from 'node:stream'
import { describe, it, test } from 'node:test'
import { main } from '../src/cli/main.ts'
import { isVerb } from '../src/cli/summaries.ts'
import { compile } from '../src/compile/mesh.ts'
import { readContents } from '../src/source/files/contents.ts'
import { FileSource } from '../src/source/files/file-source.ts'
import { Store } from '../src/source/store.ts'

const repository = path.resolve(import.meta.dirname, '..')
const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
  cwd: repository,
  exclude: name => name.split(path.sep).includes('node_modules'),
}).sort()
/** Whole meshes; the single documents of examples/kinds are own-kinds.test.ts'. */
const examples = globSync('examples/*/', { cwd: repository })
  .filter(folder => !folder.includes('kinds'))
  .sort()

interface Block {
  readonly language: string
  /** Lines of the page before the block's first. */
  readonly before: number
  readonly text: string
}

function blocks(page: string): Block[] {
  const text = readFileSync(path.join(repository, page), 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ index, 1: language = '', 2: inside = '' }) => ({
    language,
    before: text.slice(0, index).split('\n').length,
    text: inside,
  }))
}

for (const page of pages) {
  describe(page, () => {
    for (const { before, text } of blocks(page).filter(({ language }) => language === 'yaml')) {
      it(`the YAML of line ${before + 1} is valid`, async () => {
        const { documents } = await readContents(page, text, false)
        const remarks = documents.flatMap(({ diagnostics }) => diagnostics)
        // Said of every EnvoyFilter, however right it is.
        const wrong = remarks.filter(
          ({ level, message }) => level !== 'info' && !message.includes('it changes what the mesh makes'),
        )
        assert.deepEqual(
          wrong.map(({ line, message }) => `${page}:${before + line}: ${message}`),
          [],
        )
      })
    }

    for (const { before, text } of blocks(page).filter(({ language }) => language === 'console')) {
      const [command = '', ...shown] = text.trimEnd().split('\n')
      const [, args] = /^\$ mizzen (.*)$/.exec(command) ?? []
      if (args === undefined) continue
      it(`the command of line ${before + 1} prints what is shown`, async () => {
        assert.equal((await output(args.split(' '))).trimEnd(), shown.join('\n'))
      })
    }

    it('links lead somewhere', () => {
      const text = readFileSync(path.join(repository, page), 'utf8').replaceAll(/`[^`\n]*`/g, '') // patterns look like links
      const links = [...text.matchAll(/\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]*))?\)/g)]
      const broken = links.filter(([, to = '', anchor]) => {
        const file = to === '' ? path.join(repository, page) : path.resolve(repository, path.dirname(page), to)
        return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor))
      })
      assert.deepEqual(
        broken.map(([link]) => link),
        [],
      )
    })

    it('commands exist, and have the flags that are used', async () => {
      const wrong: string[] = []
      for (const [verb, flags] of commands(page)) {
        if (!isVerb(verb)) {
          wrong.push(`mizzen ${verb}`)
          continue
        }
        const usage = await help(verb)
        // A flag stands in the usage as a word of its own.
        const unknown = flags.filter(flag => !new RegExp(`(^|[\\s,[])${flag}([\\s,=\\]]|$)`, 'm').test(usage))
        wrong.push(...unknown.map(flag => `mizzen ${verb} ${flag}`))
      }
      assert.deepEqual(wrong, [])
    })
  })
}

for (const example of examples) {
  test(`${example} is valid and compiles without a remark`, async () => {
    const store = new Store()
    await new FileSource({ paths: [example], cwd: repository }, store.source()).read()
    const all = [...store.diagnostics(), ...compile(store.snapshot().objects).diagnostics]
    assert.deepEqual(
      all.filter(({ level }) => level !== 'info').map(({ file, line, message }) => `${file}:${line}: ${message}`),
      [],
    )
    assert.ok(store.snapshot().objects.Service.length > 0)
  })
}

/** As GitHub makes them of headings. */
function anchorsOf(file: string): string[] {
  const headings = readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Each use of the command line in blocks of sh and in running text: verb and flags. */
function commands(page: string): [verb: string, flags: string[]][] {
  const text = readFileSync(path.join(repository, page), 'utf8')
  const lines = blocks(page)
    .filter(({ language }) => language === 'sh')
    .flatMap(block => block.text.split('\n'))
  const inline = [...text.matchAll(/`([^`\n]*\bmizzen [^`\n]*)`/g)].map(([, code = '']) => code)
  return [...lines, ...inline].flatMap(line => {
    const [, verb, rest = ''] = /^\s*(?:npx )?mizzen ([a-z-]+)([^#|&;]*)/.exec(line) ?? []
    return verb === undefined
      ? []
      : [[verb, rest.split(/[\s=]+/).filter(word => /^--?[a-z]/.test(word))] satisfies [string, string[]]]
  })
}

async function help(verb: string): Promise<string> {
  return output([verb, '--help'])
}

/** What a command prints in this repository. */
async function output(args: readonly string[]): Promise<string> {
  let written = ''
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      written += chunk
      done()
    },
  })
  const code = await main(args, { stdin: Readable.from([]), stdout, stderr: stdout, env: {}, cwd: repository })
  assert.equal(code, 0, `mizzen ${args.join(' ')}`)
  return written
}
