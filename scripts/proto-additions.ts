/** Adds fields to .proto text that is older than the Envoy it describes: proto/additions.txt says which. */

interface Addition {
  readonly file: string
  /** "import", the message that the field belongs to, or "enum" and the name of the one that the value belongs to. */
  readonly where: string
  readonly text: string
}

/** @param list of lines "file: message: field", "#" begins a comment */
export function readAdditions(list: string): Addition[] {
  const lines = list.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return lines.map(line => {
    const [file = '', where = '', ...rest] = line.split(': ')
    if (rest.length === 0) throw new Error(`Cannot read the addition "${line}": expected "file: message: field"`)
    return { file, where, text: rest.join(': ') }
  })
}

/** What the file has already, by number in the message or by path, is left as it is. */
export function withAdditions(file: string, proto: string, additions: readonly Addition[]): string {
  let text = proto
  for (const { where, text: added } of additions.filter(addition => addition.file === file)) {
    if (where === 'import') {
      if (!text.includes(`"${added}"`)) text = text.replace(/^package .*;$/m, line => `${line}\n\nimport "${added}";`)
      continue
    }
    const isEnum = where.startsWith('enum ')
    const opening = `${isEnum ? '' : 'message '}${where} {`
    const at = text.indexOf(opening)
    if (at < 0) throw new Error(`Cannot add "${added}" to "${where}": "${file}" has no such message`)
    // A type of its own has no number.
    const mark = /= \d+;$/.exec(added)?.[0] ?? added
    const indent = text.slice(text.lastIndexOf('\n', at) + 1, at)
    const end = text.indexOf(`\n${indent}}`, at)
    if (text.slice(at, end).includes(mark)) continue
    // The first value of an enum must be 0.
    const place = isEnum ? end : at + opening.length
    text = `${text.slice(0, place)}\n  ${added}\n${text.slice(place)}`
  }
  return text
}
