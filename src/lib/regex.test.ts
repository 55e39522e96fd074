import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RE2JS } from 're2js'
import { compileFullMatch, compileReplaceAll } from './regex.ts'

const PATTERNS = [
  '.*',
  '.+',
  '',
  '^$',
  '/api/.*',
  '/api/.+',
  '^/api/v1$',
  '/a\\.b',
  '.*\\.js',
  '/x/.*/y',
  'a.c',
  'a|ab',
  '/v[0-9]+/.*',
  '(?i)/ABC',
  '.*?',
  'ab*',
  'a\\$',
  '\\d+',
  'a{2}',
  '/a/.*b.*',
  '^^a',
  'a$$',
  'a\\\\$',
  'é+',
  '/ap[i]/v1',
  '/apix*/v1?',
  '/api{1}/v1',
  '/v12/x|/abc',
  '^/s/(app)\\.js',
  '/(?i)API/v1',
  '\\Q/a.b\\E',
  '/a\\Q.b\\E',
  '/abc+',
  '/ab?c?',
]
const TEXTS = [
  '',
  '/',
  '/api/',
  '/api/v1',
  '/api/x/y',
  '/a.b',
  '/axb',
  '/s/app.js',
  '/x//y',
  '/x/y',
  '/x/1/y',
  'abc',
  'ab',
  'abbb',
]
const MORE = ['/v12/x', '/abc', 'a$', '123', 'aa', '/a/1b2', 'a\nb', '/api/\n', 'a', 'a\\', 'éé', '.js']

test('compileFullMatch() answers as the engine does for every pattern, also where it takes a shortcut', () => {
  for (const pattern of PATTERNS) {
    const matches = compileFullMatch(pattern)
    for (const text of [...TEXTS, ...MORE])
      assert.equal(matches(text), RE2JS.compile(pattern).testExact(text), `${JSON.stringify(pattern)} on ${JSON.stringify(text)}`)
  }
})

test('compileFullMatch() needs linear time when a backtracking engine would need ages', () => {
  const matches = compileFullMatch('(a+)+b')
  assert.equal(matches('a'.repeat(5000)), false)
})

test('compileFullMatch() throws with the pattern and the reason when it does not parse', () => {
  assert.throws(() => compileFullMatch('/a('), /Cannot compile regular expression "\/a\(": missing closing \)/)
  assert.throws(() => compileFullMatch('(?=a)'), /invalid or unsupported Perl syntax/)
})

test('compileReplaceAll() replaces as RE2::GlobalReplace does', () => {
  const cases: [string, string, string, string][] = [
    ['^/service/([^/]+)(/.*)$', '\\2/instance/\\1', '/service/foo/v1/api', '/v1/api/instance/foo'],
    ['one', 'two', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/two/zzz'],
    ['^(.*?)one(.*)$', '\\1two\\2', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/one/zzz'],
    ['(?i)/xxx/', '/yyy/', '/aaa/XxX/bbb', '/aaa/yyy/bbb'],
    ['a(x)?', '[\\0|\\1]', 'aax', '[a|][ax|x]'],
    ['b*', '-', 'abc', '-a-c-'],
    ['a', '\\\\', 'a', '\\'],
    ['z', 'y', 'abc', 'abc'],
  ]
  for (const [pattern, substitution, text, expected] of cases) {
    assert.equal(compileReplaceAll(pattern, substitution)(text), expected, pattern)
  }
})

test('compileReplaceAll() throws when the substitution names a group that is not there', () => {
  assert.throws(() => compileReplaceAll('a(b)', '\\2'), /names group 2, expected at most 1/)
  assert.throws(() => compileReplaceAll('a', '\\x'), /expected a digit/)
})
