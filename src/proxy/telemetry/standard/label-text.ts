/** Labels as they stand in the exposition format, without the braces, with what somebody changes of them. */

interface LabelChange {
  readonly removed: ReadonlySet<string>
  readonly set: readonly { readonly name: string }[]
}

/** @param pairs is changed @param values of what the group sets, in its order */
export function labelText(pairs: Map<string, string>, group: LabelChange | undefined, values: readonly string[] = []): string {
  if (group !== undefined) {
    for (const name of group.removed) pairs.delete(name)
    for (let i = 0; i < group.set.length; i++) pairs.set(group.set[i]?.name ?? '', values[i] ?? '')
  }
  let text = ''
  for (const [name, value] of pairs) text += `${text === '' ? '' : ','}${name}="${escaped(value)}"`
  return text
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, c => (c === '\n' ? '\\n' : `\\${c}`)) : value
}
