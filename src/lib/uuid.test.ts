import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomUuid } from './uuid.ts'

test('randomUuid() makes a version 4 UUID, another one each time', () => {
  const made = new Set<string>()
  for (let i = 0; i < 1000; i++) made.add(randomUuid())
  assert.equal(made.size, 1000)
  for (const id of made) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})
