/**
 * Splits a command line into words as a POSIX shell would: blanks, single and double quotes, backslash. Nothing is expanded
 * (no variables, no globs), and no shell runs.
 */

/** @throws when a quote does not end */
export function shellWords(line: string): string[] {
  const words: string[] = []
  let word = ''
  // An empty quoted word ('') counts, an empty gap between blanks does not.
  let begun = false
  let quote: '"' | "'" | undefined
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i)
    if (quote === "'") {
      if (c === "'") quote = undefined
      else word += c
    } else if (c === '\\' && (quote === undefined || '"\\$`\n'.includes(line.charAt(i + 1)))) {
      const escaped = line.charAt(++i)
      // A line continued on the next one.
      if (escaped === '\n') continue
      word += escaped
      begun = true
    } else if (quote === '"') {
      if (c === '"') quote = undefined
      else word += c
    } else if (c === '"' || c === "'") {
      quote = c
      begun = true
    } else if (/\s/.test(c)) {
      if (begun) words.push(word)
      word = ''
      begun = false
    } else {
      word += c
      begun = true
    }
  }
  if (quote) throw new Error(`Cannot split the command ${JSON.stringify(line)}: a ${quote} does not end`)
  if (begun) words.push(word)
  return words
}
