/** Numbers as people read them. */

/** 0.3333 -> "33.3%" */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(share * 100 >= 10 ? 1 : 2))}%`
}

/** 1500 -> "1.5s" */
export function duration(ms: number): string {
  return ms >= 1000 ? `${Number((ms / 1000).toFixed(3))}s` : `${ms}ms`
}

/** "a", "a or b", "a, b or c" */
export function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** "1 rule", "2 rules" */
export function count(number: number, what: string, many = `${what}s`): string {
  return `${number} ${number === 1 ? what : many}`
}
