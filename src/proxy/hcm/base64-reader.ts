/** Base64 that arrives in pieces, and may have padding wherever its writer ended a piece. */

const ALLOWED = /^[A-Za-z0-9+/=]*$/
/** Whole groups up to padding, or without any. */
const RUN = /[^=]+={0,2}/g

export class Base64Reader {
  /** Less than a group of four. */
  #rest = ''

  /** @returns the bytes so far; undefined: it is not base64 */
  read(chunk: Uint8Array): Buffer | undefined {
    const text = this.#rest + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    const whole = text.slice(0, text.length - (text.length % 4))
    this.#rest = text.slice(whole.length)
    if (!ALLOWED.test(text)) return undefined
    const runs = whole.match(RUN) ?? []
    if (runs.some(run => run.length % 4 !== 0) || runs.join('').length !== whole.length) return undefined
    return Buffer.concat(runs.map(run => Buffer.from(run, 'base64')))
  }

  /** The last group is not whole. */
  get isIncomplete(): boolean {
    return this.#rest !== ''
  }
}
