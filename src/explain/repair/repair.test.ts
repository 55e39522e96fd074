import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readContents } from '../../source/files/contents.ts'
import { CORPUS } from './corpus.testing.ts'
import { help } from './repair.ts'

async function helped(text: string, file = 'broken.yaml') {
  const { documents } = await readContents(file, text, false, undefined, true)
  return documents.map(help)
}

for (const { name, text, says, corrected, file } of CORPUS) {
  test(`help() says what is wrong and what is right when given ${name}`, async () => {
    const found = await helped(text, file)
    const said = found.flatMap(document => document.diagnostics)
    for (const pattern of says) {
      assert.ok(
        said.some(each => pattern.test(each.message)),
        `nothing says ${pattern}: ${said.map(each => each.message).join('\n')}`,
      )
    }
    for (const { line, message } of said) assert.ok(line >= 1 && line <= text.split('\n').length, `line ${line}: ${message}`)
    const [document] = found.flatMap(each => each.corrected ?? [])
    if (corrected.length === 0) {
      assert.equal(document, undefined)
      return
    }
    assert.ok(document !== undefined, `nothing corrected: ${said.map(each => each.message).join('\n')}`)
    for (const pattern of corrected) assert.match(document, pattern)
    const again = (await helped(document, file)).flatMap(each => each.diagnostics).filter(each => each.level === 'error')
    assert.deepEqual(again, [])
  })
}

test('help() names every fault of a document at its own line', async () => {
  const [document] = await helped(CORPUS[0]?.text ?? '')
  const lines = document?.diagnostics.map(({ line, message }) => `${line} ${message.replace(/:.*/, '')}`)
  assert.deepEqual(lines, [
    '1 "kind" is missing',
    '1 "metadata" is missing',
    '1 "spec" is missing',
    '2 unknown field "destination"',
    '4 "http" stands beside spec',
    '4 spec.http',
    '5 spec.http[0].route',
    '8 http.route[0].destination',
  ])
})

test('help() leaves a sound document alone', async () => {
  const [document] = await helped('apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n')
  assert.deepEqual([document?.diagnostics, document?.corrected], [[], undefined])
})

test('help() never throws when characters of a document are damaged', async () => {
  const text = CORPUS.map(each => each.text).join('---\n')
  for (let at = 0; at < text.length; at += 7) {
    const damaged = text.slice(Math.max(0, at - 300), at) + ':\n -' + text.slice(at + 2, at + 300)
    await assert.doesNotReject(helped(damaged))
  }
})
