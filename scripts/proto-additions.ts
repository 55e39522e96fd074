/** Adds fields to .proto text that is older than the Envoy it describes: proto/additions.txt says which. */

interface Addition {
  readonly file: string
  /** "import", or the message that the field belongs to. */
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
    const opening = `message ${where} {`
    const at = text.indexOf(opening)
    if (at < 0) throw new Error(`Cannot add "${added}" to "${where}": "${file}" has no such message`)
    // A type of its own has no number.
    const mark = /= \d+;$/.exec(added)?.[0] ?? added
    const indent = text.slice(text.lastIndexOf('\n', at) + 1, at)
    if (text.slice(at, text.indexOf(`\n${indent}}`, at)).includes(mark)) continue
    text = `${text.slice(0, at + opening.length)}\n  ${added}\n${text.slice(at + opening.length)}`
  }
  return text
}
