import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePrometheus } from './prometheus-text.ts'

test('parsePrometheus() reads names, labels with escapes, and values', () => {
  const text = ['# TYPE a counter', 'a 1', 'b{x="1",y="a\\"b\\\\c\\nd"} 2.5', 'c{le="+Inf",} +Inf 1700000000000', 'd{} 3e2'].join(
    '\n',
  )
  assert.deepEqual(parsePrometheus(text), [
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: '1', y: 'a"b\\c\nd' }, value: 2.5 },
    { name: 'c', labels: { le: '+Inf' }, value: Number.POSITIVE_INFINITY },
    { name: 'd', labels: {}, value: 300 },
  ])
})

test('parsePrometheus() keeps braces and commas inside of labels', () => {
  assert.deepEqual(parsePrometheus('a{name="outbound|80||x}",b="c,d=\\"e"} 7\n'), [
    { name: 'a', labels: { name: 'outbound|80||x}', b: 'c,d="e' }, value: 7 },
  ])
})

test('parsePrometheus() passes over what is no sample, and names that are not wanted', () => {
  assert.deepEqual(
    parsePrometheus('<html>\na\nb{x="1" 2\nc nonsense\nd 1\ne 2\n', name => name !== 'e'),
    [{ name: 'd', labels: {}, value: 1 }],
  )
})
