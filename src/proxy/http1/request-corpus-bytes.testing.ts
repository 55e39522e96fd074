/**
 * Every byte that has no place in a field name, in a field value, in a method and in a target, one case each: what one parser skips and another
 * one takes for a separator is how requests are smuggled.
 */
import type { ProtocolErrorCode } from './protocol-error.ts'
import type { RequestCase } from './request-case.testing.ts'

/** CR and LF end lines, and have cases of their own; a tab is white space. */
const CONTROLS = [...Array(32).keys(), 127].filter(byte => byte !== 9 && byte !== 10 && byte !== 13)
/** Delimiters (RFC 9110 section 5.6.2), but for the colon, which ends a field name. */
const DELIMITERS = [...'"(),/;<=>?@[\\]{}'].map(delimiter => delimiter.charCodeAt(0))

function each(
  place: string,
  bytes: readonly number[],
  refused: ProtocolErrorCode,
  make: (character: string) => string,
): readonly RequestCase[] {
  return bytes.map(byte => ({
    name: `byte 0x${byte.toString(16).padStart(2, '0')} in ${place}`,
    bytes: `${make(String.fromCharCode(byte))}\r\n\r\n`,
    refused,
  }))
}

export const BYTE_CORPUS: readonly RequestCase[] = [
  ...each('a field name', [...CONTROLS, ...DELIMITERS], 'http1.bad_field_name', c => `GET / HTTP/1.1\r\nHost: a\r\nx${c}y: 1`),
  ...each('a field value', CONTROLS, 'http1.bad_field_value', c => `GET / HTTP/1.1\r\nHost: a\r\nx: 1${c}2`),
  ...each('a method', DELIMITERS, 'http1.bad_method', c => `GE${c}T / HTTP/1.1\r\nHost: a`),
  ...each('a target', CONTROLS, 'http1.bad_target', c => `GET /a${c}b HTTP/1.1\r\nHost: a`),
]
