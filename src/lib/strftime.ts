/**
 * Times as text by a strftime pattern, in UTC, with Envoy's additions for parts of a second.
 */
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const DAY_MS = 86_400_000

const two = (n: number) => String(n).padStart(2, '0')

const FIELDS: Readonly<Record<string, (at: Date) => string>> = {
  Y: at => String(at.getUTCFullYear()).padStart(4, '0'),
  y: at => two(at.getUTCFullYear() % 100),
  m: at => two(at.getUTCMonth() + 1),
  d: at => two(at.getUTCDate()),
  e: at => String(at.getUTCDate()).padStart(2, ' '),
  H: at => two(at.getUTCHours()),
  I: at => two(at.getUTCHours() % 12 || 12),
  M: at => two(at.getUTCMinutes()),
  S: at => two(at.getUTCSeconds()),
  p: at => (at.getUTCHours() < 12 ? 'AM' : 'PM'),
  s: at => String(Math.floor(at.getTime() / 1000)),
  j: at =>
    String(
      Math.floor(
        (Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()) - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY_MS,
      ) + 1,
    ).padStart(3, '0'),
  A: at => DAYS[at.getUTCDay()] ?? '',
  a: at => (DAYS[at.getUTCDay()] ?? '').slice(0, 3),
  B: at => MONTHS[at.getUTCMonth()] ?? '',
  b: at => (MONTHS[at.getUTCMonth()] ?? '').slice(0, 3),
  F: at => at.toISOString().slice(0, 10),
  T: at => at.toISOString().slice(11, 19),
  Z: () => 'UTC',
  z: () => '+0000',
  '%': () => '%',
}

/**
 * @param pattern strftime; `%f` nanoseconds, `%3f` the first three digits of them, `%E3S` seconds with three decimals
 * @returns from milliseconds since the epoch to text
 * @throws on a conversion that is not known
 */
export function compileTimeFormat(pattern: string): (ms: number) => string {
  const parts: (string | ((at: Date) => string))[] = []
  let end = 0
  for (const found of pattern.matchAll(/%(?:E(\d)S|(\d?)f|(.?))/gs)) {
    parts.push(pattern.slice(end, found.index))
    end = found.index + found[0].length
    const [whole, decimals, digits, letter] = found
    if (letter === undefined) {
      const fraction = (at: Date) => `${String(at.getUTCMilliseconds()).padStart(3, '0')}000000`
      if (decimals === undefined) parts.push(at => fraction(at).slice(0, Number(digits || 9)))
      else if (decimals === '0') parts.push(at => two(at.getUTCSeconds()))
      else parts.push(at => `${two(at.getUTCSeconds())}.${fraction(at).slice(0, Number(decimals))}`)
      continue
    }
    const field = FIELDS[letter]
    if (!field)
      throw new Error(`Cannot compile time format "${pattern}": "${whole}", expected one of %${Object.keys(FIELDS).join(' %')}`)
    parts.push(field)
  }
  parts.push(pattern.slice(end))
  return ms => {
    const at = new Date(ms)
    return parts.map(part => (typeof part === 'string' ? part : part(at))).join('')
  }
}
