import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expand } from './expand.ts'

const variables = new Map([
  ['PORT', '8080'],
  ['HOST', 'cart'],
  ['my.key', 'dotted'],
])
const cases: [text: string, expanded: string][] = [
  ['plain', 'plain'],
  ['$(HOST):$(PORT)', 'cart:8080'],
  ['$(my.key)', 'dotted'],
  ['$(UNKNOWN) stays', '$(UNKNOWN) stays'],
  ['$$(PORT) is not one', '$(PORT) is not one'],
  ['$$$(PORT)', '$8080'],
  ['$PORT is the shell’s', '$PORT is the shell’s'],
  ['costs 5$', 'costs 5$'],
  ['$(HOST', '$(HOST'],
]
for (const [text, expanded] of cases) {
  test(`expand() makes ${JSON.stringify(expanded)} of ${JSON.stringify(text)}`, () =>
    assert.equal(expand(text, variables), expanded))
}
