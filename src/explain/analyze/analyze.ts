/** Runs the analyzers over a world: the entry to this folder. Pure. */
import { compareText } from '../../model/age.ts'
import type { Analyzer } from './analyzer.ts'
import { LEVELS } from './codes.ts'
import { type Message, messageOf } from './finding.ts'
import { isSuppressedBy } from './suppression.ts'
import type { World } from './world.ts'

/** One message for each code, object and text, without those that the objects' annotations suppress. Not sorted. */
export function analyze(world: World, analyzers: readonly Analyzer[]): Message[] {
  const found = new Map<string, Message>()
  for (const analyzer of analyzers) {
    for (const each of analyzer.analyze(world)) {
      if (isSuppressedBy(each.part.of, each.code)) continue
      const message = messageOf(each)
      const key = `${message.code} ${message.resource} ${message.message}`
      if (!found.has(key)) found.set(key, message)
    }
  }
  return [...found.values()]
}

/** The serious first, then by code, object and place. */
export function compareMessages(a: Message, b: Message): number {
  return (
    LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) ||
    compareText(a.code, b.code) ||
    compareText(a.resource, b.resource) ||
    compareText(a.file, b.file) ||
    a.line - b.line ||
    compareText(a.message, b.message)
  )
}
