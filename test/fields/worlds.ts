/**
 * All worlds: those made for fields first, then the golden cases, in which some fields have company that they need. EnvoyFilters have a world of
 * their own, with something for each of their matches to find.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { DefinedKind } from '../../src/api/crd/names.ts'
import { readWorld, type World } from './world.ts'

const GOLDEN = [
  'consistent-hash',
  'locality',
  'traffic-policies',
  'upstream-tls',
  'sidecar-ingress',
  'laptop-sidecar',
  'entry-selectors',
  'byte-routes',
  'client-conditions',
  'tracing',
]

const own = (name: string) => path.join(import.meta.dirname, 'worlds', `${name}.in.yaml`)
const golden = GOLDEN.map(name => path.join(import.meta.dirname, '../golden/cases', `${name}.in.yaml`))

const usual = await read([own('shop'), own('own'), own('logging'), own('company'), ...golden])
const patched = await read([own('patches')])

export function worldsFor(id: DefinedKind): readonly World[] {
  return id === 'EnvoyFilter' ? patched : usual
}

function read(files: readonly string[]): Promise<World[]> {
  return Promise.all(files.map(file => readWorld(path.basename(file, '.in.yaml'), readFileSync(file, 'utf8'))))
}
