/**
 * HPACK's Huffman code (RFC 7541 appendix B), decoded four bits at a time by a state machine.
 *
 * The code is canonical: codes of one length follow each other in the order of their symbols, so the lengths say everything.
 */

/** Bits of the code of each octet; the last one is EOS. */
const LENGTHS =
  '13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 28 28 6 10 10 12 13 6 8 11 10 10 8 11 ' +
  '8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 13 6 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6 6 ' +
  '6 5 7 7 6 6 6 5 6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 22 23 24 23 23 23 23 ' +
  '21 22 23 22 23 23 24 22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 26 26 20 19 ' +
  '22 23 22 25 26 26 26 27 27 26 24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 20 24 20 21 22 21 21 23 22 22 25 25 24 24 26 ' +
  '23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 30'

const EOS = 256
/** A transition: next state in the low bits, then a mark for an emitted octet, then the octet. */
const EMITS = 1 << 9
const STATE = EMITS - 1
const FAILS = -1

/** Transitions of 256 states for 16 nibbles each; made when the first Huffman string comes. */
let transitions: Int32Array | undefined
/** States in which a string may end: fewer than 8 bits of EOS, all ones, have been read since the last symbol. */
let accepting: Uint8Array | undefined

/**
 * @param into long enough: 8/5 of the encoded length
 * @returns how many octets it wrote, -1: the code is not valid (wrong padding, or EOS)
 */
export function decodeHuffman(bytes: Uint8Array, from: number, until: number, into: Uint8Array): number {
  if (transitions === undefined || accepting === undefined) build()
  const table = transitions ?? NONE
  let state = 0
  let length = 0
  for (let i = from; i < until; i++) {
    const byte = bytes[i] ?? 0
    let step = table[(state << 4) | (byte >> 4)] ?? FAILS
    if (step === FAILS) return FAILS
    if ((step & EMITS) !== 0) into[length++] = step >> 10
    step = table[((step & STATE) << 4) | (byte & 15)] ?? FAILS
    if (step === FAILS) return FAILS
    if ((step & EMITS) !== 0) into[length++] = step >> 10
    state = step & STATE
  }
  return accepting?.[state] === 1 ? length : FAILS
}

const NONE = new Int32Array(0)

/** A node of the code's tree: where 0 and 1 lead; a symbol is a number with `LEAF` added. */
const LEAF = 1 << 12

function build(): void {
  const tree = codeTree()
  const table = new Int32Array(tree.length * 16)
  const accepts = new Uint8Array(tree.length)
  for (let state = 0; state < tree.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) table[(state << 4) | nibble] = step(tree, state, nibble)
  }
  let node = 0
  for (let bits = 0; bits < 8; bits++) {
    accepts[node] = 1
    node = tree[node]?.[1] ?? 0
  }
  transitions = table
  accepting = accepts
}

function step(tree: readonly (readonly [number, number])[], state: number, nibble: number): number {
  let node = state
  let emitted = 0
  for (let bit = 3; bit >= 0; bit--) {
    const next = tree[node]?.[((nibble >> bit) & 1) as 0 | 1] ?? FAILS
    if (next < 0 || next === LEAF + EOS) return FAILS
    // The shortest code has five bits, so four bits end at most one.
    if (next >= LEAF) emitted = EMITS | ((next - LEAF) << 10)
    node = next >= LEAF ? 0 : next
  }
  return emitted | node
}

function codeTree(): [number, number][] {
  const lengths = LENGTHS.split(' ').map(Number)
  const symbols = [...lengths.keys()].sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0) || a - b)
  const tree: [number, number][] = [[FAILS, FAILS]]
  let code = 0
  let bits = lengths[symbols[0] ?? 0] ?? 0
  for (const symbol of symbols) {
    const length = lengths[symbol] ?? 0
    code <<= length - bits
    bits = length
    let node = 0
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = (code >> bit) & 1 ? 1 : 0
      const at = tree[node]
      if (at === undefined) break
      if (bit === 0) at[side] = LEAF + symbol
      else {
        if (at[side] === FAILS) at[side] = tree.push([FAILS, FAILS]) - 1
        node = at[side]
      }
    }
    code++
  }
  return tree
}
