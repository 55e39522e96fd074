/**
 * Flow control of what comes in (RFC 9113 section 5.2), of one stream or of a whole connection: how much the peer may still send, and when
 * it is told of more. Credit is given for bytes that were passed on, and said when it is half a window, so that it costs few frames.
 */
export class ReceiveWindow {
  /** What the peer may send. Below zero: our setting shrank it, or the peer broke the rule. */
  left: number
  readonly #size: number
  /** Passed on, and not told to the peer yet. */
  #credit = 0

  constructor(size: number) {
    this.left = size
    this.#size = size
  }

  /** @returns false: the peer sent more than it may */
  receive(length: number): boolean {
    this.left -= length
    return this.left >= 0
  }

  /** @returns how much to announce to the peer now; 0: nothing yet */
  passOn(length: number): number {
    this.#credit += length
    if (this.#credit * 2 < this.#size) return 0
    const credit = this.#credit
    this.#credit = 0
    this.left += credit
    return credit
  }
}
