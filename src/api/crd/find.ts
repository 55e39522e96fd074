/** Which kinds a word on the command line means: a kind, its plural, a short name, or one of these with the group behind a dot. */
import { nearest } from '../../lib/nearest.ts'
import { kinds } from '../registry.ts'
import { definedKinds } from './definition.ts'
import { type DefinedKind, NAMES, type Names } from './names.ts'

/** @returns several where groups share a name; where there is none, a sentence */
export function findDefined(word: string): readonly DefinedKind[] | string {
  const wanted = word.toLowerCase()
  const found = definedKinds.filter(id => wordsFor(id).includes(wanted))
  if (found.length > 0) return found
  const meant = nearest(word, [...new Set(definedKinds.map(id => kinds[id].kind))])
  return `there is no kind "${word}" of the mesh${meant === undefined ? '' : `, did you mean "${meant}"?`}`
}

function wordsFor(id: DefinedKind): string[] {
  const { plural, shortNames = [] }: Names = NAMES[id]
  const words = [id.toLowerCase(), kinds[id].kind.toLowerCase(), plural, ...shortNames]
  return words.flatMap(each => [each, `${each}.${kinds[id].group}`])
}

export const definedGroups: readonly string[] = [...new Set(definedKinds.map(id => kinds[id].group))]
