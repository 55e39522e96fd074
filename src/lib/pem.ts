/** PEM (RFC 7468): labelled base64, several blocks to a text. */

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g

export interface PemBlock {
  /** "CERTIFICATE", "PRIVATE KEY", ... */
  readonly label: string
  readonly bytes: Buffer
  /** The block alone, with a line break at its end. */
  readonly text: string
}

export function pem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}

/** All blocks with that label, in order. Text between blocks is allowed and ignored. */
export function pemBlocks(text: string, label: string): PemBlock[] {
  return [...text.matchAll(BLOCK)].flatMap(([, found = '', base64 = '']) => {
    if (found !== label) return []
    const bytes = Buffer.from(base64, 'base64')
    return [{ label, bytes, text: pem(label, bytes) }]
  })
}
