import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xxHash64 } from './xxhash64.ts'

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')

/** Computed by an implementation of the specification in arbitrary precision; the seedless ones are published widely. */
const VECTORS: readonly (readonly [text: string, seed: bigint, hash: string])[] = [
  ['', 0n, 'ef46db3751d8e999'],
  ['', 1n, 'd5afba1336a3be4b'],
  ['a', 0n, 'd24ec4f1a98c6e5b'],
  ['a', 1n, 'dec2bc81c3cd46c6'],
  ['abc', 0n, '44bc2cf5ad770999'],
  ['abc', 1n, 'bea9ca8199328908'],
  ['abcd', 0n, 'de0327b0d25d92cc'],
  ['abcd', 1n, 'f5dcbd6dee3c9553'],
  ['abcdefgh', 0n, '3ad351775b4634b7'],
  ['abcdefgh', 1n, '8305125710212a61'],
  ['foo', 0n, '33bf00a859c4ba3f'],
  ['foo', 1n, 'c34823c5bf4f2cbd'],
  ['bar', 0n, '48a37c90ad27a659'],
  ['bar', 1n, '65c69eb6b1700270'],
  ['10.0.0.1:8080_17', 0n, 'adaea2deb9eb2077'],
  ['10.0.0.1:8080_17', 1n, '2eb19f50187c99f3'],
  ['10.0.0.1:8080_17', 506952113n, 'e7754cfd0a7c6392'],
  ['x'.repeat(31), 0n, '60dd0d01083b99f0'],
  ['x'.repeat(31), 1n, 'cf1671eda3e87085'],
  ['x'.repeat(32), 0n, 'e2df261fc2ec30eb'],
  ['x'.repeat(32), 1n, '926d5508ef687acb'],
  ['x'.repeat(32), 506952113n, 'afa0df39eee05ccc'],
  ['x'.repeat(33), 0n, 'b3fa465f554208a6'],
  ['x'.repeat(33), 1n, 'a3b9c1a7bdea3d1c'],
  ['The quick brown fox jumps over the lazy dog. '.repeat(3), 0n, 'f0accbc2faa5a758'],
  ['The quick brown fox jumps over the lazy dog. '.repeat(3), 1n, '520d553709591cf9'],
  [ALL_BYTES, 0n, '1facbe8406cd904b'],
  [ALL_BYTES, 1n, 'beec1eb06d6a56f7'],
  [ALL_BYTES, 506952113n, 'fb0c350b02bf9e3a'],
  ['abc', 0x9e3779b185ebca87n, 'a7cb2aac405e36c7'],
  ['x'.repeat(32), 0x9e3779b185ebca87n, 'e9d4d41add98fbb1'],
]

test('xxHash64() gives the published values', () => {
  for (const [text, seed, expected] of VECTORS)
    assert.equal(
      xxHash64(text, seed).toString(16).padStart(16, '0'),
      expected,
      `${JSON.stringify(text.slice(0, 40))}, seed ${seed}`,
    )
})

test('xxHash64() is not disturbed by a longer text before', () => {
  const before = xxHash64('short')
  xxHash64('long'.repeat(500))
  assert.equal(xxHash64('short'), before)
})
