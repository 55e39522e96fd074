/** Label selectors (meta/v1): does one match these labels. */
import { type Fields, fieldsOf, isFields, listOf, textOf } from './fields.ts'

/** @returns false for a selector that says nothing, as an empty entry in a list of selectors means nothing */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  if (!isFields(selector)) return false
  const wanted = Object.entries(fieldsOf(selector['matchLabels']))
  const conditions = listOf(selector['matchExpressions']).filter(isFields)
  if (wanted.length + conditions.length === 0) return false
  return wanted.every(([name, value]) => labels[name] === value) && conditions.every(condition => holds(condition, labels))
}

function holds(condition: Fields, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[textOf(condition['key'])]
  const values = listOf(condition['values'])
  switch (condition['operator']) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
