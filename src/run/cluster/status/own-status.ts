/**
 * What the status of an Istio object or one of mizzen's own should become: whether it is in force, and what is wrong with it in the words of the
 * diagnostics. Pure.
 */
import { listAt, textAt } from '../../../kubernetes/client/raw-object.ts'
import type { Diagnostic } from '../../../source/diagnostic.ts'
import type { Moment } from './gateway-status.ts'

type Fields = Readonly<Record<string, unknown>>

/** Istio's API reads a list of at most so many messages comfortably, and so do people. */
const MOST_MESSAGES = 20
const LEVELS = { error: 'ERROR', warning: 'WARNING', info: 'INFO' } as const

/** @param type of the condition: Istio's objects say "Reconciled", mizzen's own "Accepted" */
export function ownStatus(
  type: 'Reconciled' | 'Accepted',
  found: readonly Diagnostic[],
  before: unknown,
  { generation, now }: Moment,
): Fields {
  const errors = found.filter(({ level }) => level === 'error')
  const status = errors.length === 0 ? 'True' : 'False'
  const last = listAt(before, 'conditions').find(condition => textAt(condition, 'type') === type)
  const since = textAt(last, 'status') === status ? textAt(last, 'lastTransitionTime') : ''
  const [first] = errors
  const condition = {
    type,
    status,
    reason: first ? 'Invalid' : type,
    message: first ? first.message : 'in force',
    observedGeneration: generation,
    lastTransitionTime: since || now,
  }
  const foreign = listAt(before, 'conditions').filter(entry => textAt(entry, 'type') !== type)
  return {
    conditions: [condition, ...foreign],
    validationMessages: found.slice(0, MOST_MESSAGES).map(({ code, level, message }) => ({
      type: { code, name: code },
      level: LEVELS[level],
      documentationUrl: '',
      message,
    })),
    observedGeneration: generation,
  }
}
