/**
 * xxHash, 64 bits (XXH64 of the xxHash specification), as Envoy uses it for hash policies, rings and Maglev tables.
 *
 * 64-bit arithmetic is done on pairs of 32-bit halves: BigInt would make some sixty objects for a hash of twenty bytes.
 */

/** Halves of the primes of the specification, section "XXH64 algorithm". */
const P1H = 0x9e3779b1 | 0
const P1L = 0x85ebca87 | 0
const P2H = 0xc2b2ae3d | 0
const P2L = 0x27d4eb4f | 0
const P3H = 0x165667b1 | 0
const P3L = 0x9e3779f9 | 0
const P4H = 0x85ebca77 | 0
const P4L = 0xc2b2ae63 | 0
const P5H = 0x27d4eb2f | 0
const P5L = 0x165667c5 | 0

/** One 64-bit number that is being computed. */
class Word {
  hi = 0
  lo = 0

  set(hi: number, lo: number): void {
    this.hi = hi | 0
    this.lo = lo | 0
  }

  add(hi: number, lo: number): void {
    const sum = (this.lo >>> 0) + (lo >>> 0)
    this.hi = (this.hi + hi + (sum > 0xffffffff ? 1 : 0)) | 0
    this.lo = sum | 0
  }

  xor(hi: number, lo: number): void {
    this.hi ^= hi
    this.lo ^= lo
  }

  multiply(hi: number, lo: number): void {
    const a0 = this.lo & 0xffff
    const a1 = this.lo >>> 16
    const b0 = lo & 0xffff
    const b1 = lo >>> 16
    const low = a0 * b0
    const left = a1 * b0
    const right = a0 * b1
    const middle = (low >>> 16) + (left & 0xffff) + (right & 0xffff)
    const high = a1 * b1 + (left >>> 16) + (right >>> 16) + (middle >>> 16)
    this.hi = (high + Math.imul(this.hi, lo) + Math.imul(this.lo, hi)) | 0
    this.lo = (middle << 16) | (low & 0xffff)
  }

  /** By 1 to 31 bits. */
  rotate(bits: number): void {
    const { hi, lo } = this
    this.hi = (hi << bits) | (lo >>> (32 - bits))
    this.lo = (lo << bits) | (hi >>> (32 - bits))
  }

  /** By 1 to 63 bits, except 32: this ^= this >>> bits. */
  xorShift(bits: number): void {
    const { hi, lo } = this
    if (bits < 32) this.xor(hi >>> bits, (lo >>> bits) | (hi << (32 - bits)))
    else this.xor(0, bits === 32 ? hi : hi >>> (bits - 32))
  }

  round(hi: number, lo: number): void {
    lane.set(hi, lo)
    lane.multiply(P2H, P2L)
    this.add(lane.hi, lane.lo)
    this.rotate(31)
    this.multiply(P1H, P1L)
  }

  merge(other: Word): void {
    lane.set(other.hi, other.lo)
    lane.multiply(P2H, P2L)
    lane.rotate(31)
    lane.multiply(P1H, P1L)
    this.xor(lane.hi, lane.lo)
    this.multiply(P1H, P1L)
    this.add(P4H, P4L)
  }
}

// Reused by every call; the computation is synchronous.
const lane = new Word()
const hash = new Word()
const v1 = new Word()
const v2 = new Word()
const v3 = new Word()
const v4 = new Word()
let input = new Uint8Array(256)
const result = new BigUint64Array(1)
/** Little endian, as every machine that Node runs on. */
const halves = new Uint32Array(result.buffer)
const parts = { high: 0, low: 0 }

/** @param text byte text: one character (0 to 255) per byte @param seed 64 bits */
export function xxHash64(text: string, seed = 0n): bigint {
  const length = text.length
  if (length > input.length) input = new Uint8Array(length * 2)
  for (let i = 0; i < length; i++) input[i] = text.charCodeAt(i)
  const { high, low } = split64(seed)
  compute(length, high, low)
  halves[0] = hash.lo
  halves[1] = hash.hi
  return result[0] ?? 0n
}

/** The halves of a 64-bit number. The result is reused by the next call. */
export function split64(number: bigint): { readonly high: number; readonly low: number } {
  result[0] = number
  parts.low = halves[0] ?? 0
  parts.high = halves[1] ?? 0
  return parts
}

function compute(length: number, seedHigh: number, seedLow: number): void {
  let at = 0
  if (length >= 32) {
    v1.set(P1H, P1L)
    v1.add(P2H, P2L)
    v1.add(seedHigh, seedLow)
    v2.set(P2H, P2L)
    v2.add(seedHigh, seedLow)
    v3.set(seedHigh, seedLow)
    v4.set(seedHigh, seedLow)
    v4.add(~P1H, ~P1L)
    v4.add(0, 1)
    for (; at + 32 <= length; at += 32) {
      v1.round(word(at + 4), word(at))
      v2.round(word(at + 12), word(at + 8))
      v3.round(word(at + 20), word(at + 16))
      v4.round(word(at + 28), word(at + 24))
    }
    hash.set(v1.hi, v1.lo)
    hash.rotate(1)
    addRotated(v2, 7)
    addRotated(v3, 12)
    addRotated(v4, 18)
    hash.merge(v1)
    hash.merge(v2)
    hash.merge(v3)
    hash.merge(v4)
  } else {
    hash.set(P5H, P5L)
    hash.add(seedHigh, seedLow)
  }
  hash.add(0, length)
  for (; at + 8 <= length; at += 8) {
    v1.set(0, 0)
    v1.round(word(at + 4), word(at))
    hash.xor(v1.hi, v1.lo)
    hash.rotate(27)
    hash.multiply(P1H, P1L)
    hash.add(P4H, P4L)
  }
  if (at + 4 <= length) {
    lane.set(0, word(at))
    lane.multiply(P1H, P1L)
    hash.xor(lane.hi, lane.lo)
    hash.rotate(23)
    hash.multiply(P2H, P2L)
    hash.add(P3H, P3L)
    at += 4
  }
  for (; at < length; at++) {
    lane.set(0, input[at] ?? 0)
    lane.multiply(P5H, P5L)
    hash.xor(lane.hi, lane.lo)
    hash.rotate(11)
    hash.multiply(P1H, P1L)
  }
  hash.xorShift(33)
  hash.multiply(P2H, P2L)
  hash.xorShift(29)
  hash.multiply(P3H, P3L)
  hash.xorShift(32)
}

function addRotated(word: Word, bits: number): void {
  lane.set(word.hi, word.lo)
  lane.rotate(bits)
  hash.add(lane.hi, lane.lo)
}

/** 32 bits, little endian. */
function word(at: number): number {
  return (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8) | ((input[at + 2] ?? 0) << 16) | ((input[at + 3] ?? 0) << 24)
}
