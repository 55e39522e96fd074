import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson } from './json.ts'
import type { Parsed } from './parsed.ts'
import { parseYaml } from './yaml.ts'

const yaml = `# a comment
a: 1
b:
  - x
  - {y: 2, "z z": [3]}
  -   c:
        - d
`
const json = '{\n  "a": 1,\n  "b": ["x", {"y": 2, "z \\" z": [3]},\n    {"c": ["d"], "e": {}, "\\\\": null}]\n}\n'

function at(parsed: Parsed, ...path: (string | number)[]): string {
  assert.equal(parsed.form, 'value')
  const { line, column } = parsed.positions.at(path)
  return `${line}:${column}`
}

test('parseYaml() knows the place of each key and list item', () => {
  const parsed = parseYaml(yaml)
  assert.deepEqual(parsed.form === 'value' && parsed.value, { a: 1, b: ['x', { y: 2, 'z z': [3] }, { c: ['d'] }] })
  assert.equal(at(parsed), '2:1')
  assert.equal(at(parsed, 'a'), '2:1')
  assert.equal(at(parsed, 'b', 0), '4:5')
  assert.equal(at(parsed, 'b', 1, 'y'), '5:6')
  assert.equal(at(parsed, 'b', 1, 'z z', 0), '5:20')
  assert.equal(at(parsed, 'b', 2, 'c', 0), '7:11')
})

test('parseYaml() gives the place around it when asked for one that is not there', () => {
  const parsed = parseYaml(yaml)
  assert.equal(at(parsed, 'b', 2, 'nothing', 4), '6:7')
  assert.equal(at(parsed, 'b', 9), '3:1')
})

test('parseJson() knows the place of each key and list item', () => {
  const parsed = parseJson(json)
  assert.deepEqual(parsed.form === 'value' && parsed.value, JSON.parse(json))
  assert.equal(at(parsed), '1:1')
  assert.equal(at(parsed, 'b', 0), '3:9')
  assert.equal(at(parsed, 'b', 1, 'z " z', 0), '3:34')
  assert.equal(at(parsed, 'b', 2, 'c'), '4:6')
  assert.equal(at(parsed, 'b', 2, 'e'), '4:18')
  assert.equal(at(parsed, 'b', 2, '\\'), '4:27')
})

test('parseYaml() reads anchors, aliases and merge keys, and keeps dates and words as text', () => {
  const parsed = parseYaml('base: &b {p: 1}\nd: {<<: *b, q: 2}\nt: 2026-01-01T00:00:00Z\nn: no\n8080: x\n')
  assert.deepEqual(parsed.form === 'value' && parsed.value, {
    base: { p: 1 },
    d: { p: 1, q: 2 },
    t: '2026-01-01T00:00:00Z',
    n: 'no',
    8080: 'x',
  })
})

test('parseYaml() finds nothing when there are only comments', () => {
  assert.equal(parseYaml('---\n# nothing\n').form, 'nothing')
  assert.equal(parseYaml('').form, 'nothing')
})

const bomb = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefg'.split('').map((name, n) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[n]}`)}]`),
].join('\n')

const problems: [title: string, text: string, code: string, at: string, message: RegExp][] = [
  ['a tab in the indentation', 'a:\n\tb: 1\n', 'yaml-tab', '2:1', /tab/],
  ['a list that does not end', 'a: [1, 2\n', 'yaml-syntax', '2:1', /end with a \]/],
  ['a map in a line with another', 'a: b: c\n', 'yaml-syntax', '1:4', /Nested mappings/],
  ['a key that is a list', '? [a]\n: b\n', 'yaml-syntax', '1:3', /keys must be strings/],
  ['an alias of nothing', 'a: 1\nb: *x\n', 'yaml-alias', '2:4', /no anchor "&x"/],
  ['aliases that would fill the memory', bomb, 'yaml-alias-bomb', '1:1', /at most 100/],
  ['lists in lists without end', '['.repeat(100_000), 'yaml-too-deep', '1:', /too deeply/],
]

for (const [title, text, code, place, message] of problems) {
  test(`parseYaml() says ${code} when given ${title}`, () => {
    const parsed = parseYaml(text)
    assert.equal(parsed.form, 'problem')
    assert.equal(parsed.code, code)
    assert.ok(`${parsed.at.line}:${parsed.at.column}`.startsWith(place), JSON.stringify(parsed.at))
    assert.match(parsed.message, message)
  })
}

const jsonProblems: [text: string, at: string, message: RegExp][] = [
  ['{"a": 1,}', '1:9', /property name/],
  ['{\n"a" 1}', '2:5', /Expected ':'/],
  ['[1,\n2', '2:2', /./],
  ['nul', '1:4', /./],
]

for (const [text, place, message] of jsonProblems) {
  test(`parseJson() names the place when given ${JSON.stringify(text)}`, () => {
    const parsed = parseJson(text)
    assert.equal(parsed.form, 'problem')
    assert.equal(`${parsed.at.line}:${parsed.at.column}`, place)
    assert.match(parsed.message, message)
  })
}

test('parseYaml() takes no quadratic time when a map has fifty thousand keys', () => {
  // Quadratic, this takes many minutes: the bound tells that from a slow machine.
  const started = performance.now()
  const parsed = parseYaml(Array.from({ length: 50_000 }, (_, n) => `k${n}: v\n`).join(''))
  assert.equal(parsed.form, 'value')
  assert.ok(performance.now() - started < 60_000)
})

test('parseYaml() reads on when a key is there twice', () => {
  const parsed = parseYaml('a:\n- b: 1\n  b: 2\nc: 3\n')
  assert.ok(parsed.form === 'value')
  assert.deepEqual(parsed.value, { a: [{ b: 2 }], c: 3 })
  assert.deepEqual(parsed.duplicates, [{ path: ['a', 0], key: 'b', at: { line: 3, column: 3 }, earlier: 1 }])
})
