/** Lengths of time as Go writes them, which is how Istio's and Kubernetes' fields spell them: "1h30m", "0.5s", "100ms", "0". */

const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** @returns milliseconds, exact to the nanosecond up to about 100 days; undefined when the text is not a length of time. */
export function parseDuration(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1
  let position = text.startsWith('-') || text.startsWith('+') ? 1 : 0
  if (text.slice(position) === '0') return 0
  if (position === text.length) return undefined
  let nanoseconds = 0
  while (position < text.length) {
    PART.lastIndex = position
    const match = PART.exec(text)
    if (!match) return undefined
    const [part, number = '', unit = ''] = match
    nanoseconds += Math.round(Number(number) * (NANOSECONDS[unit] ?? Number.NaN))
    position += part.length
  }
  return (sign * nanoseconds) / 1e6
}
