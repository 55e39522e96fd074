/** The page itself, as it was built: few files, held in memory with what the browser needs to keep them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import path from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'

export interface PageFile {
  readonly body: Buffer
  readonly headers: OutgoingHttpHeaders
}

/** Nothing but what this server itself hands out, and no code or style in the document. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}

type Encoding = 'br' | 'gzip' | 'identity'

interface Loaded {
  readonly type: string
  /** Its name carries a digest of its content. */
  readonly immutable: boolean
  readonly bodies: Map<Encoding, Buffer>
}

export class PageFiles {
  readonly #files = new Map<string, Loaded>()

  /** @param directory what Vite made; may be missing, where mizzen was not built */
  constructor(directory: string) {
    if (!existsSync(directory)) return
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      const type = TYPES[path.extname(entry.name)]
      if (!entry.isFile() || type === undefined) continue
      const file = path.join(entry.parentPath, entry.name)
      const url = `/${path.relative(directory, file).split(path.sep).join('/')}`
      this.#files.set(url, { type, immutable: url.startsWith('/assets/'), bodies: new Map([['identity', readFileSync(file)]]) })
    }
  }

  /** @param accepted header accept-encoding @returns undefined: there is no such file */
  get(url: string, accepted: string): PageFile | undefined {
    const file = this.#files.get(url)
    if (!file) return undefined
    const encoding: Encoding = /\bbr\b/.test(accepted) ? 'br' : /\bgzip\b/.test(accepted) ? 'gzip' : 'identity'
    return {
      body: bodyOf(file, encoding),
      headers: {
        'content-type': file.type,
        'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
        vary: 'accept-encoding',
        ...(encoding !== 'identity' && { 'content-encoding': encoding }),
        ...SECURITY_HEADERS,
      },
    }
  }
}

export const SECURITY_HEADERS: OutgoingHttpHeaders = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

/** Compressed at the first request for it. */
function bodyOf({ bodies }: Loaded, encoding: Encoding): Buffer {
  const known = bodies.get(encoding)
  if (known) return known
  const plain = bodies.get('identity') ?? Buffer.alloc(0)
  const made = encoding === 'br' ? brotliCompressSync(plain) : gzipSync(plain)
  bodies.set(encoding, made)
  return made
}
