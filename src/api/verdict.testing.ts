/** For tests: what is found in an object, in short. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { originWithoutFile, pathText } from './object.ts'
import { readObject } from './read.ts'
import { kinds } from './registry.ts'

/** Title, spec as YAML, and what is expected: "error spec.http[0].timeout" or "warning spec.http[1]", in any order. */
export type Row = readonly [title: string, spec: string, expected: readonly string[]]

/** Level and path of each finding. */
export function findingsIn(kind: string, spec: string, metadata: object = { name: 'case', namespace: 'shop' }): string[] {
  const { group = 'networking.istio.io', versions = ['v1'] } = Object.values(kinds).find(known => known.kind === kind) ?? {}
  const object = { apiVersion: `${group}/${versions[0]}`, kind, metadata, spec: parse(spec) ?? {} }
  const { findings } = readObject(object, originWithoutFile('test'))
  return findings.map(({ level, path }) => `${level} ${pathText(path)}`).sort()
}

/** One test a row. */
export function testValidation(kind: string, rows: readonly Row[], metadata?: object): void {
  for (const [title, spec, expected] of rows) {
    const verb = expected.some(each => each.startsWith('error')) ? 'rejects' : expected.length > 0 ? 'warns of' : 'accepts'
    test(`validate${kind}() ${verb} ${title}`, () => assert.deepEqual(findingsIn(kind, spec, metadata), [...expected].sort()))
  }
}
