/** Rates as text: "100/s", "5/m". */

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const RATE = /^([1-9]\d{0,8})\/([smhd])$/

export interface Rate {
  readonly requests: number
  /** In which so many may come, milliseconds. */
  readonly perMs: number
}

/** undefined: not a rate. */
export function parseRate(text: string): Rate | undefined {
  const [, requests = '', unit = ''] = RATE.exec(text) ?? []
  const perMs = UNITS[unit]
  return perMs === undefined ? undefined : { requests: Number(requests), perMs }
}

export function checkRate(text: string): string | undefined {
  if (parseRate(text)) return undefined
  return `${JSON.stringify(text)} is not a rate: expected a whole number of requests per s, m, h or d, such as "100/s"`
}
