/** Random HTTP/1 messages with what they mean, random damage to them, and random divisions into reads. */

export type Random = () => number

/** A message as both ends of a chain must understand it. */
export interface Message {
  /** "GET host /path" or "200". */
  readonly start: string
  /** Sorted "name: value", end-to-end fields only. */
  readonly fields: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
}

export interface Encoded {
  readonly bytes: string
  readonly message: Message
}

export function integer(random: Random, below: number): number {
  return Math.floor(random() * below)
}

export function pick<T>(random: Random, from: readonly [T, ...T[]]): T {
  return from[integer(random, from.length)] ?? from[0]
}

function letters(random: Random, most: number, alphabet: string): string {
  let text = ''
  for (let i = integer(random, most + 1); i > 0; i--) text += alphabet.charAt(integer(random, alphabet.length))
  return text
}

/** Printable ASCII, tabs and bytes above ASCII. */
const VALUE = `${Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('')}\t\x80\xe9\xff`
const PATH = "abcdefghijklmnopqrstuvwxyz0123456789/-._~!$&'()*+,;=:@%?{}|"
const NAME = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"

function fields(random: Random): { lines: string[]; sorted: string[] } {
  const lines: string[] = []
  const sorted: string[] = []
  for (let i = integer(random, 8); i > 0; i--) {
    // The prefix keeps it from being a name with a meaning.
    const name = `x${letters(random, 20, NAME)}`
    const value = letters(random, pick(random, [3, 3, 30, 100]), VALUE)
    const cased = random() < 0.3 ? name.toUpperCase() : name
    lines.push(`${cased}:${pick(random, ['', ' ', ' \t '])}${value}${pick(random, ['', '', ' '])}`)
    sorted.push(`${name}: ${value.replace(/^[ \t]+|[ \t]+$/g, '')}`)
  }
  return { lines, sorted: sorted.sort() }
}

function body(random: Random): string {
  // Large ones cross many reads, but cost as much time as a hundred small ones.
  const size = integer(random, random() < 0.02 ? 100_000 : pick(random, [2, 20, 100, 2000]))
  const line = `body ${integer(random, 1000)}\r\nGET /smuggled HTTP/1.1\r\n\r\n`
  return line.repeat(Math.ceil(size / line.length)).slice(0, size)
}

/** The framing fields, the bytes of the body, and its trailers. */
function framed(random: Random, content: string): { field: string; bytes: string; trailers: string[] } {
  if (random() < 0.5) return { field: `Content-Length: ${content.length}`, bytes: content, trailers: [] }
  let bytes = ''
  for (let at = 0; at < content.length; ) {
    const size = 1 + integer(random, pick(random, [3, 100, 70_000]))
    const chunk = content.slice(at, at + size)
    const digits = chunk.length.toString(16).padStart(1 + integer(random, 6), '0')
    bytes += `${random() < 0.5 ? digits : digits.toUpperCase()}${random() < 0.1 ? ';ext="v"' : ''}\r\n${chunk}\r\n`
    at += chunk.length
  }
  const trailers = random() < 0.3 ? fields(random) : { lines: [], sorted: [] }
  bytes += `0\r\n${trailers.lines.map(line => `${line}\r\n`).join('')}\r\n`
  return { field: 'Transfer-Encoding: chunked', bytes, trailers: trailers.sorted }
}

function shuffled(random: Random, lines: readonly string[]): string[] {
  return lines
    .map(line => ({ line, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ line }) => line)
}

/** A request that keeps the connection, so that another can follow. */
export function randomRequest(random: Random): Encoded {
  const path = `/${letters(random, 40, PATH)}`
  const method = pick(random, ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH', 'M-SEARCH'])
  const extra = fields(random)
  const lines = ['Host: shop', ...extra.lines]
  const hasBody = method !== 'HEAD' && random() < 0.6
  const content = hasBody ? body(random) : ''
  const frame = hasBody ? framed(random, content) : { field: '', bytes: '', trailers: [] }
  if (frame.field !== '') lines.push(frame.field)
  if (random() < 0.2) lines.push('Connection: keep-alive')
  return {
    bytes: `${method} ${path} HTTP/1.1\r\n${shuffled(random, lines).join('\r\n')}\r\n\r\n${frame.bytes}`,
    message: { start: `${method} shop ${path}`, fields: extra.sorted, body: content, trailers: frame.trailers },
  }
}

export function randomResponse(random: Random, toHead: boolean): Encoded {
  const status = pick(random, [200, 201, 204, 304, 404, 500, 299])
  const extra = fields(random)
  const lines = [...extra.lines]
  const bodyless = toHead || status === 204 || status === 304
  const content = bodyless ? '' : body(random)
  const frame = bodyless ? { field: '', bytes: '', trailers: [] } : framed(random, content)
  if (frame.field !== '') lines.push(frame.field)
  const early = random() < 0.1 ? 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' : ''
  return {
    bytes: `${early}HTTP/1.1 ${status} Some Reason\r\n${shuffled(random, lines)
      .map(line => `${line}\r\n`)
      .join('')}\r\n${frame.bytes}`,
    message: { start: String(status), fields: extra.sorted, body: content, trailers: frame.trailers },
  }
}

/** What attacks are made of. */
const DAMAGE = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  '0',
  '1',
  'f',
  ';',
  ',',
  '#',
  '\x7f',
  '\x80',
  'chunked',
  'HTTP/1.0',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: b\r\n',
  'Connection: close\r\n',
  'Connection: upgrade\r\nUpgrade: websocket\r\n',
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  '0\r\n\r\n',
  'Expect: 100-continue\r\n',
] as const

/** Inserts, removes, repeats, overwrites: one to four times, most of them where heads and chunk sizes are. */
export function damaged(random: Random, bytes: string): string {
  for (let i = 1 + integer(random, 4); i > 0; i--) {
    const reach = random() < 0.8 ? Math.min(bytes.length, 400) : bytes.length
    const at = random() < 0.3 ? borderIn(random, bytes, reach) : integer(random, reach + 1)
    const piece = pick(random, DAMAGE)
    const length = 1 + integer(random, 4)
    switch (integer(random, 4)) {
      case 0:
        bytes = bytes.slice(0, at) + piece + bytes.slice(at)
        break
      case 1:
        bytes = bytes.slice(0, at) + bytes.slice(at + length)
        break
      case 2:
        bytes = bytes.slice(0, at) + bytes.slice(at, at + length).repeat(2) + bytes.slice(at + length)
        break
      default:
        bytes = bytes.slice(0, at) + piece + bytes.slice(at + piece.length)
    }
  }
  return bytes
}

/** Behind the line end nearest to a random place, where an inserted line is a line. */
function borderIn(random: Random, bytes: string, reach: number): number {
  const at = bytes.indexOf('\r\n', integer(random, reach + 1))
  return at === -1 ? 0 : at + 2
}

export function portions(random: Random, bytes: string): string[] {
  const most = pick(random, [1, 5, 200, 5000, 1_000_000])
  const parts: string[] = []
  for (let at = 0; at < bytes.length; ) {
    // Many single bytes of a large body would only take time.
    const size = 1 + integer(random, bytes.length > 20_000 ? Math.max(most, 5000) : most)
    parts.push(bytes.slice(at, at + size))
    at += size
  }
  return parts
}
