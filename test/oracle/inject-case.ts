/** A case of the injection oracle: its files, read into what injection is asked with. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Static, Type } from 'typebox'
import { Parse } from 'typebox/value'
import { parse, parseAllDocuments } from 'yaml'
import { Findings } from '../../src/api/findings.ts'
import { checkMeshConfig } from '../../src/api/istio/meshconfig/read.ts'
import { type Fields, fieldsOf } from '../../src/kubernetes/inject/fields.ts'
import type { InjectionSettings } from '../../src/kubernetes/inject/settings.ts'
import { layersOf, setFlag } from '../../src/kubernetes/inject/value-layers.ts'
import { Values } from '../../src/kubernetes/inject/values.ts'

export const Case = Type.Object({
  id: Type.String(),
  input: Type.String(),
  expected: Type.Optional(Type.String()),
  expectedError: Type.Optional(Type.String()),
  set: Type.Optional(Type.Array(Type.String())),
  install: Type.Optional(Type.String()),
  meshConfig: Type.Optional(Type.Unknown()),
  features: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  only: Type.Optional(Type.String()),
})
export type Case = Static<typeof Case>

export function readCase(directory: string): Case {
  return Parse(Case, parse(readFileSync(path.join(directory, 'case.yaml'), 'utf8')))
}

export function documents(file: string): readonly unknown[] {
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .map(document => document.toJS())
    .filter(value => value !== null)
}

export function settingsOf(directory: string, { set = [], install, meshConfig, features = {} }: Case): InjectionSettings {
  const trees = [
    ...(install === undefined ? [] : [fieldsOf(parse(readFileSync(path.join(directory, install), 'utf8')))]),
    ...set.map(setFlag),
  ]
  const { values, mesh } = layersOf(trees)
  const findings = new Findings()
  const checked = checkMeshConfig(merged(mesh, fieldsOf(meshConfig)), findings)
  if (checked === undefined) throw new Error(JSON.stringify(findings.all))
  return {
    values: new Values(values),
    mesh: checked,
    nativeSidecars: !/false|disabled/.test(
      String(features['EnableNativeSidecars'] ?? features['ENABLE_NATIVE_SIDECARS'] ?? true),
    ),
    legacyFsGroup: String(features['ENABLE_LEGACY_FSGROUP_INJECTION'] ?? features['EnableLegacyFSGroupInjection']) === 'true',
  }
}

function merged(below: Fields, above: Fields): Fields {
  return {
    ...below,
    ...above,
    ...('defaultConfig' in above && {
      defaultConfig: { ...fieldsOf(below['defaultConfig']), ...fieldsOf(above['defaultConfig']) },
    }),
  }
}
