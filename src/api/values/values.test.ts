import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Findings } from '../findings.ts'
import { checkIpAddress, checkPort, checkSubnet, checkUnixAddress } from './address.ts'
import {
  checkDnsLabel,
  checkFqdn,
  checkObjectName,
  checkWildcardDomain,
  hostsOverlap,
  isHostWithin,
  isPartialWildcard,
} from './dns.ts'
import { checkHeaderMatchName, checkHeaderName, checkHeaderValue, checkStrictHeaderName } from './header.ts'
import { checkLabels } from './labels.ts'
import { checkProtocol } from './protocol.ts'
import { checkDuration, checkDurationOrZero, checkHttpStatus, checkPercent, checkPercentage } from './quantity.ts'
import { checkRegex } from './regex.ts'

function table<Value>(name: string, check: (value: Value) => unknown, good: readonly Value[], bad: readonly Value[]): void {
  test(`${name}() returns undefined when the value is good`, () => {
    for (const value of good) assert.equal(check(value), undefined, JSON.stringify(value))
  })
  test(`${name}() returns a sentence when the value is bad`, () => {
    for (const value of bad) assert.match(String(check(value)), /expected/, JSON.stringify(value))
  })
}

const long = 'a'.repeat(64)
table('checkDnsLabel', text => checkDnsLabel(text, 'a name'), ['a', 'A-1', 'a'.repeat(63)], ['', '-a', 'a-', 'a.b', 'a_b', long])
table('checkObjectName', checkObjectName, ['a', 'a.b-c', '1'], ['', 'A', 'a..b', 'a.', 'a_b', 'a'.repeat(254)])
table('checkFqdn', checkFqdn, ['a', 'a.b', 'a.b.', 'A.b'], ['', '.', '*.a', '*', 'a..b', '10.0.0.1', `${long}.com`, 'a b'])
table('checkWildcardDomain', checkWildcardDomain, ['*', '*.a', '*a.b', '*-a.b', 'a'], ['', 'a.*', 'a*.b', '**', '*.*', '1.1.1.1'])
table('checkIpAddress', checkIpAddress, ['1.1.1.1', '::', 'fe80::1'], ['', '1.1.1', 'a', '1.1.1.1/8', 'fe80::1%eth0'])
table(
  'checkSubnet',
  checkSubnet,
  ['1.1.1.1', '1.1.1.1/0', '::1/128'],
  ['', '1.1.1.1/', '1.1.1.1/33', '::1/129', '1.1.1.1/8/8', '1.1.1.1/-1'],
)
table(
  'checkUnixAddress',
  checkUnixAddress,
  ['unix:///a', 'unix://@a'],
  ['unix://', 'unix:///', 'unix://a', 'unix:///a/', 'unix://@'],
)
table('checkPort', checkPort, [1, 65535], [0, 65536, -1])
table('checkHeaderName', checkHeaderName, ['a', 'X-1', '*', 'a_b'], ['', 'a b', ':a', 'ä', 'a:b'])
table('checkStrictHeaderName', checkStrictHeaderName, ['a', 'X-1', 'a_b'], ['', '*', ':a', 'a.b'])
table(
  'checkHeaderMatchName',
  checkHeaderMatchName,
  [':authority', 'a', '@request.auth.claims.a.b', '@request.auth.claims[a][b.c]'],
  ['', ':', '::', 'a b', '@request.auth.claims', '@request.auth.claims[', '@request.auth.claims.'],
)
table(
  'checkHeaderValue',
  checkHeaderValue,
  ['', 'a\tb', 'é', '%%', '%REQ(X?Y):10%', "%CEL(request.headers['x'].size())%"],
  ['a\nb', '\0', '%', '%a%', '%A', '100%', '%A(b%'],
)
table('checkProtocol', checkProtocol, ['http', 'GRPC-Web', 'UDP', 'HTTP_PROXY'], ['', 'ftp', 'http1'])
table('checkDuration', checkDuration, ['1ms', '1h30m', '1.5s'], ['', '0s', '999us', '1.5ms', '-1s', '5', '5 s'])
table('checkDurationOrZero', checkDurationOrZero, ['0', '0s', '1ms'], ['1us', ''])
table('checkPercentage', checkPercentage, [0, 0.0001, 100], [-1, 0.00001, 100.1])
table('checkPercent', checkPercent, [0, 100], [-1, 101])
table('checkHttpStatus', checkHttpStatus, [200, 600], [199, 601])
table('checkRegex', checkRegex, ['', 'a+', '(?i)a', 'a'.repeat(1024)], ['[', '(?=a)', '(a)\\1', '*', 'a'.repeat(1025)])

test('checkLabels() finds names and values that are none', () => {
  const findings = new Findings()
  checkLabels({ 'a/b.c_d': 'x', a: '', '/a': 'x', 'a/b/c': 'x', '': 'x', b: '*', c: long }, findings)
  assert.deepEqual(
    findings.all.map(finding => finding.path.at(-1)),
    ['/a', 'a/b/c', '', 'b', 'c'],
  )
})

test('hostsOverlap() is true when some name could be meant by both', () => {
  for (const [a, b, expected] of [
    ['a.com', 'a.com', true],
    ['*.a.com', 'b.a.com', true],
    ['*.a.com', 'a.com', false],
    ['*', 'a', true],
    ['*.com', '*.a.com', true],
    ['*.a.com', '*.b.com', false],
  ] as const) {
    assert.equal(hostsOverlap(a, b), expected, `${a} ${b}`)
    assert.equal(hostsOverlap(b, a), expected, `${b} ${a}`)
  }
})

test('isHostWithin() is true when every name of the first is one of the second', () => {
  assert.ok(isHostWithin('*.a.com', '*.com') && isHostWithin('a.com', 'a.com') && isHostWithin('a.com', '*'))
  assert.ok(!isHostWithin('*.com', '*.a.com') && !isHostWithin('*', 'a.com'))
})

test('isPartialWildcard() is true when the wildcard stands for a part of a label', () => {
  assert.deepEqual(['*', '*.a', 'a', '*a', '*-a.b'].map(isPartialWildcard), [false, false, false, true, true])
})
