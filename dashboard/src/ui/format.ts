/** Numbers as the page shows them: three significant digits at most, units with a thin gap. */
const NARROW = '\u202f'

/** 0.0412 -> "0.04", 4.12 -> "4.1", 1234 -> "1.2k" */
export function amount(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)}M`
  if (value >= 10_000) return `${Math.round(value / 1000)}k`
  if (value >= 1000) return `${(value / 1000).toFixed(1)}k`
  if (value >= 100 || value === 0) return String(Math.round(value))
  return value >= 10 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2)
}

export function rate(perSecond: number): string {
  return `${amount(perSecond)}/s`
}

/** 0.0123 -> "1.2 %" */
export function percent(share: number): string {
  const value = share * 100
  return `${value === 0 ? '0' : value < 0.1 ? '<0.1' : value < 10 ? value.toFixed(1) : value.toFixed(0)}${NARROW}%`
}

export function milliseconds(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–'
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)}${NARROW}s`
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)}${NARROW}s`
  return ms >= 100 ? `${ms.toFixed(0)}${NARROW}ms` : ms >= 10 ? `${ms.toFixed(1)}${NARROW}ms` : `${ms.toFixed(2)}${NARROW}ms`
}

export function bytes(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)}${NARROW}GB`
  if (count >= 1e6) return `${(count / 1e6).toFixed(1)}${NARROW}MB`
  return count >= 1e3 ? `${(count / 1e3).toFixed(1)}${NARROW}kB` : `${Math.round(count)}${NARROW}B`
}

/** "19:04:07.123" */
export function clockTime(at: number | string, withMs = false): string {
  const date = new Date(at)
  const time = date.toLocaleTimeString('en-GB')
  return withMs ? `${time}.${String(date.getMilliseconds()).padStart(3, '0')}` : time
}

/** "3 min ago" */
export function ago(at: number, now = Date.now()): string {
  const seconds = Math.max(0, Math.round((now - at) / 1000))
  if (seconds < 60) return `${seconds}${NARROW}s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NARROW}min ago`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}${NARROW}h ago` : `${Math.floor(seconds / 86_400)}${NARROW}d ago`
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
