/** Label selectors in the values of an installation, which nothing has checked. */
import { matchesLabels } from '../../model/label-selector.ts'
import type { Labels } from '../../model/labels.ts'
import { fieldsOf, isFields, listOf, textOf } from './fields.ts'

/** @returns false for a selector that says nothing, as an empty entry in a list of selectors means nothing */
export function selects(selector: unknown, labels: Labels): boolean {
  const { matchLabels, matchExpressions } = read(selector)
  return Object.keys(matchLabels).length + matchExpressions.length > 0 && matchesLabels({ matchLabels, matchExpressions }, labels)
}

function read(selector: unknown) {
  const { matchLabels, matchExpressions } = fieldsOf(selector)
  return {
    matchLabels: Object.fromEntries(Object.entries(fieldsOf(matchLabels)).map(([name, value]) => [name, textOf(value)])),
    matchExpressions: listOf(matchExpressions)
      .filter(isFields)
      .map(({ key, operator, values }) => ({
        key: textOf(key),
        operator: textOf(operator),
        values: listOf(values).map(textOf),
      })),
  }
}
