/**
 * One decoded header field. What is known of its name is found out once, when the field enters a table, and not again for each message
 * that refers to it.
 */

/** What a field means to the codec. Regular ones pass through. */
export const REGULAR = 0
export const COOKIE = 1
export const CONTENT_LENGTH = 2
export const TE = 3
export const HOST = 4
/** Connection-specific (RFC 9113 section 8.2.2): a message with one is malformed. */
export const FORBIDDEN = 5
export const METHOD = 6
export const SCHEME = 7
export const AUTHORITY = 8
export const PATH = 9
export const PROTOCOL = 10
export const STATUS = 11
/** A pseudo-header field nobody knows. */
export const UNKNOWN_PSEUDO = 12

const KINDS: ReadonlyMap<string, number> = new Map([
  ['cookie', COOKIE],
  ['content-length', CONTENT_LENGTH],
  ['te', TE],
  ['host', HOST],
  ['connection', FORBIDDEN],
  ['keep-alive', FORBIDDEN],
  ['proxy-connection', FORBIDDEN],
  ['transfer-encoding', FORBIDDEN],
  ['upgrade', FORBIDDEN],
  [':method', METHOD],
  [':scheme', SCHEME],
  [':authority', AUTHORITY],
  [':path', PATH],
  [':protocol', PROTOCOL],
  [':status', STATUS],
])

/** Octets that an entry counts for beyond its name and value (RFC 7541 section 4.1). */
const OVERHEAD = 32

export class Field {
  readonly name: string
  readonly value: string
  readonly kind: number
  /** The name is a lower-case token. */
  readonly nameIsValid: boolean
  /** Name and value may be in a message. */
  readonly isValid: boolean

  constructor(name: string, value: string, kind: number, nameIsValid: boolean, isValid: boolean) {
    this.name = name
    this.value = value
    this.kind = kind
    this.nameIsValid = nameIsValid
    this.isValid = isValid
  }

  /** A well-formed one. */
  static of(name: string, value: string): Field {
    return new Field(name, value, kindOf(name), true, true)
  }

  /** As HPACK counts it. */
  get size(): number {
    return this.name.length + this.value.length + OVERHEAD
  }
}

export function kindOf(name: string): number {
  return KINDS.get(name) ?? (name.charCodeAt(0) === 0x3a ? UNKNOWN_PSEUDO : REGULAR)
}
