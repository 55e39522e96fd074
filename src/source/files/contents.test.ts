import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Contents, objectsOf, readContents } from './contents.ts'

const service = (name: string, port: string | number = 80) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  ports:
    - port: ${port}
`
const all = (...texts: string[]) => texts.join('---\n')
const read = (text: string, last?: Contents, file = 'a.yaml', found = true) => readContents(file, text, found, last)
const said = (contents: Contents) => contents.documents.flatMap(document => document.diagnostics)
const places = (contents: Contents) =>
  objectsOf(contents).map(({ name, origin }) => `${name} ${origin.file}:${origin.line}:${origin.column}`)

test('readContents() gives each document its place', async () => {
  const contents = await read(`# shop\n${all(service('a'), '# nothing\n', service('b'))}`)
  assert.deepEqual(places(contents), ['a a.yaml:2:1', 'b a.yaml:12:1'])
  assert.deepEqual(objectsOf(contents)[1]?.origin.lineAt(['spec', 'ports', 0, 'port']), { line: 18, column: 7 })
  assert.deepEqual(said(contents), [])
})

test('readContents() keeps the very objects of documents that did not change', async () => {
  const before = await read(all(service('a'), service('b')))
  const after = await read(all(service('a'), service('b', 81)), before)
  assert.equal(objectsOf(after)[0], objectsOf(before)[0])
  assert.notEqual(objectsOf(after)[1], objectsOf(before)[1])
})

test('readContents() moves what stands below an inserted line', async () => {
  const before = await read(all(service('a'), service('b', '"x"'), service('c')))
  const after = await read(`# new\n${all(service('a'), service('b', '"x"'), service('c'))}`, before)
  assert.deepEqual(places(after), ['a a.yaml:2:1', 'c a.yaml:18:1'])
  assert.deepEqual(
    said(before).map(each => each.line),
    [15],
  )
  assert.deepEqual(
    said(after).map(each => each.line),
    [16],
  )
  assert.equal(objectsOf(after)[1]?.origin.lineAt(['spec', 'ports', 0, 'port']).line, 24)
  assert.equal(objectsOf(after)[1]?.spec, objectsOf(before)[1]?.spec)
})

test('readContents() unfolds a List, each item with its own place', async () => {
  const items = [service('a'), service('b')].map(text => `  - ${text.trimEnd().replaceAll('\n', '\n    ')}\n`)
  const contents = await read(`kind: List\napiVersion: v1\nitems:\n${items.join('')}`)
  assert.deepEqual(places(contents), ['a a.yaml:4:5', 'b a.yaml:11:5'])
  assert.deepEqual(objectsOf(contents)[1]?.origin.lineAt(['spec', 'ports', 0]), { line: 17, column: 11 })
})

test('readContents() finds the same objects at the same places whether a List is cut into items or not', async () => {
  const items = Array.from(
    { length: 2000 },
    (_, n) => `- ${service(`s${n}`).trimEnd().replaceAll('\n', '\n  ')}\n  # ${'x'.repeat(100)}\n`,
  )
  const text = `apiVersion: v1\nitems:\n${items.join('')}kind: List\n`
  const cut = await read(text)
  assert.equal(cut.pieces.length, 2000)
  assert.equal(objectsOf(cut).length, 2000)
  const lines = text.split('\n')
  for (const { name, origin } of objectsOf(cut)) {
    const { line, column } = origin.lineAt(['metadata', 'name'])
    assert.equal(lines[line - 1]?.slice(column - 1), `name: ${name}`)
  }
})

test('readContents() reads JSON in a .json file, and in any other where it is JSON', async () => {
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: {} }, null, 2)
  for (const file of ['a.json', 'a.yaml', '-']) assert.equal(objectsOf(await read(text, undefined, file)).length, 1)
  assert.equal(objectsOf(await read('{apiVersion: v1, kind: Service, metadata: {name: a}}')).length, 1)
})

test('readContents() passes over files of other purposes found in a directory, and complains of them when the user names them', async () => {
  for (const [file, text] of [
    ['package.json', '{"name": "shop"}'],
    ['tsconfig.json', '{ // a comment\n}'],
    ['compose.yaml', 'services: {}\n'],
  ] as const) {
    assert.deepEqual(said(await read(text, undefined, file, true)), [])
    assert.equal(said(await read(text, undefined, file, false)).length, 1)
  }
})

const templates = [
  'metadata:\n  name: {{ .Values.name }}\n',
  '{{- if .Values.on }}\nkind: Service\n{{- end }}\n',
  `${service('a', '"{{ .Values.port }}"')}`,
]
for (const [index, text] of templates.entries()) {
  test(`readContents() knows Helm template ${index + 1} when it sees one`, async () => {
    const [diagnostic, ...more] = said(await read(`# template\n${text}`))
    assert.equal(diagnostic?.code, 'helm-template')
    assert.match(diagnostic.fix ?? '', /helm template/)
    assert.equal(`# template\n${text}`.split('\n')[diagnostic.line - 1]?.indexOf('{{'), diagnostic.column - 1)
    assert.deepEqual(more, [])
  })
}

test('readContents() shows the line of a mistake, but not of a Secret', async () => {
  const [wrong] = said(await read(service('a', 'x')))
  assert.equal(wrong?.excerpt, '    - port: x')
  const [secret] = said(await read('apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata:\n  pin: 1234\n'))
  assert.equal(secret?.line, 5)
  assert.equal(secret.excerpt, undefined)
})

test('readContents() reads the documents around one that cannot be parsed', async () => {
  const contents = await read(all(service('a'), 'a: [\n', service('b')))
  assert.deepEqual(
    objectsOf(contents).map(each => each.name),
    ['a', 'b'],
  )
  assert.deepEqual(
    said(contents).map(each => each.code),
    ['yaml-syntax'],
  )
})

test('readContents() reads a text that begins with a byte order mark or has carriage returns', async () => {
  const contents = await read(`\uFEFF${all(service('a'), service('b'))}`.replaceAll('\n', '\r\n'))
  assert.deepEqual(places(contents), ['a a.yaml:1:1', 'b a.yaml:9:1'])
})
