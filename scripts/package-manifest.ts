/** What scripts need of package.json. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Type } from 'typebox'
import { Parse } from 'typebox/value'

const Manifest = Type.Object(
  { name: Type.String(), version: Type.String(), type: Type.String(), license: Type.String(), description: Type.String() },
  { additionalProperties: Type.Unknown() },
)

/** @param directory the one with package.json @throws when it has not what a package has */
export function manifestOf(directory: string) {
  return Parse(Manifest, JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')))
}
