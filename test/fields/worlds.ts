/** All worlds: those made for fields first, then the golden cases, in which some fields have company that they need. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
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
]

export async function readWorlds(): Promise<World[]> {
  const own = ['shop', 'own'].map(name => path.join(import.meta.dirname, 'worlds', `${name}.in.yaml`))
  const golden = GOLDEN.map(name => path.join(import.meta.dirname, '../golden/cases', `${name}.in.yaml`))
  return Promise.all([...own, ...golden].map(file => readWorld(path.basename(file, '.in.yaml'), readFileSync(file, 'utf8'))))
}
