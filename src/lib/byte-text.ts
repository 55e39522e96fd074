/**
 * Byte text: a string with one character (0 to 255) per byte, the form in which header values and paths pass through the proxy. Text
 * from configuration is Unicode, and goes on the wire as UTF-8: it must be turned into byte text before both are compared or joined.
 */
const NOT_ASCII = /[^\0-\x7f]/

/** Unicode text -> its UTF-8 bytes as byte text. */
export function toByteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
}

/** Byte text -> the Unicode text that its bytes are the UTF-8 form of; what is not UTF-8 becomes U+FFFD. */
export function fromByteText(text: string): string {
  return NOT_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text
}
