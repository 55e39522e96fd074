import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileTimeFormat } from './strftime.ts'

const AT = Date.UTC(2018, 3, 3, 23, 5, 9, 74)

test('compileTimeFormat() writes UTC times by strftime patterns', () => {
  for (const [pattern, expected] of [
    ['%Y-%m-%dT%H:%M:%E3SZ', '2018-04-03T23:05:09.074Z'],
    ['%s', '1522796709'],
    ['%s.%3f', '1522796709.074'],
    ['%f', '074000000'],
    ['%a, %d %b %Y %T %Z', 'Tue, 03 Apr 2018 23:05:09 UTC'],
    ['%A %B %e %I %p %j %y %F %z %E0S', 'Tuesday April  3 11 PM 093 18 2018-04-03 +0000 09'],
    ['100%%', '100%'],
  ] as const)
    assert.equal(compileTimeFormat(pattern)(AT), expected, pattern)
})

test('compileTimeFormat() throws when a conversion is not known', () => {
  assert.throws(() => compileTimeFormat('%Q'), /Cannot compile time format "%Q": "%Q", expected one of/)
  assert.throws(() => compileTimeFormat('50%'), /"%", expected one of/)
})
