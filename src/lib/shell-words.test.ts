import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shellWords } from './shell-words.ts'

const cases: [line: string, words: string[]][] = [
  ['node server.js', ['node', 'server.js']],
  ['  node   server.js  ', ['node', 'server.js']],
  [`sh -c 'echo "a b"; sleep 1'`, ['sh', '-c', 'echo "a b"; sleep 1']],
  ['run "two words" ""', ['run', 'two words', '']],
  ['a\\ b "c\\"d" "e\\f"', ['a b', 'c"d', 'e\\f']],
  [`--name=it"'"s`, [`--name=it's`]],
  ['first \\\n  second', ['first', 'second']],
  ['', []],
]
for (const [line, words] of cases) {
  test(`shellWords() splits ${JSON.stringify(line)}`, () => assert.deepEqual(shellWords(line), words))
}

test('shellWords() names the quote that does not end', () => {
  assert.throws(() => shellWords(`node 'server.js`), /a ' does not end/)
})
