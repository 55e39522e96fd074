/** Reads Prometheus' text format 0.0.4 (what /metrics endpoints answer). Lines that are none are passed over: half an answer is better than none. */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** @param wanted only samples with such names are made; labels of others are not even looked at */
export function parsePrometheus(text: string, wanted: (name: string) => boolean = () => true): Sample[] {
  const samples: Sample[] = []
  let start = 0
  while (start < text.length) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const sample = text[start] === '#' ? undefined : parseLine(text.slice(start, end), wanted)
    if (sample) samples.push(sample)
    start = end + 1
  }
  return samples
}

function parseLine(line: string, wanted: (name: string) => boolean): Sample | undefined {
  const [name = ''] = /^[a-zA-Z_:][\w:]*/.exec(line) ?? []
  if (name === '' || !wanted(name)) return undefined
  const labels: Record<string, string> = {}
  let at = name.length
  if (line[at] === '{') {
    const pattern = /\s*,?\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/y
    pattern.lastIndex = at + 1
    for (let found = pattern.exec(line); found; found = pattern.exec(line)) {
      labels[found[1] ?? ''] = unescaped(found[2] ?? '')
      at = pattern.lastIndex
    }
    const close = line.indexOf('}', at)
    if (close < 0) return undefined
    at = close + 1
  }
  const [number = ''] = line.slice(at).trim().split(/\s+/, 1)
  const value = number === '+Inf' ? Number.POSITIVE_INFINITY : number === '-Inf' ? Number.NEGATIVE_INFINITY : Number(number)
  return number === '' || Number.isNaN(value) ? undefined : { name, labels, value }
}

function unescaped(text: string): string {
  return text.includes('\\') ? text.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)) : text
}
