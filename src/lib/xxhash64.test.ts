import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xxHash64 } from './xxhash64.ts'

const ALL_BYTES = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('')

/** Computed by an implementation of the specification in arbitrary precision; the seedless ones are published widely. */
const VECTORS: readonly (readonly [text: string, seed: number, hash: string])[] = [
  ['', 0, 'ef46db3751d8e999'],
  ['', 1, 'd5afba1336a3be4b'],
  ['a', 0, 'd24ec4f1a98c6e5b'],
  ['a', 1, 'dec2bc81c3cd46c6'],
  ['abc', 0, '44bc2cf5ad770999'],
  ['abc', 1, 'bea9ca8199328908'],
  ['abcd', 0, 'de0327b0d25d92cc'],
  ['abcd', 1, 'f5dcbd6dee3c9553'],
  ['abcdefgh', 0, '3ad351775b4634b7'],
  ['abcdefgh', 1, '8305125710212a61'],
  ['foo', 0, '33bf00a859c4ba3f'],
  ['foo', 1, 'c34823c5bf4f2cbd'],
  ['bar', 0, '48a37c90ad27a659'],
  ['bar', 1, '65c69eb6b1700270'],
  ['10.0.0.1:8080_17', 0, 'adaea2deb9eb2077'],
  ['10.0.0.1:8080_17', 1, '2eb19f50187c99f3'],
  ['10.0.0.1:8080_17', 506952113, 'e7754cfd0a7c6392'],
  ['x'.repeat(31), 0, '60dd0d01083b99f0'],
  ['x'.repeat(31), 1, 'cf1671eda3e87085'],
  ['x'.repeat(32), 0, 'e2df261fc2ec30eb'],
  ['x'.repeat(32), 1, '926d5508ef687acb'],
  ['x'.repeat(32), 506952113, 'afa0df39eee05ccc'],
  ['x'.repeat(33), 0, 'b3fa465f554208a6'],
  ['x'.repeat(33), 1, 'a3b9c1a7bdea3d1c'],
  ['The quick brown fox jumps over the lazy dog. '.repeat(3), 0, 'f0accbc2faa5a758'],
  ['The quick brown fox jumps over the lazy dog. '.repeat(3), 1, '520d553709591cf9'],
  [ALL_BYTES, 0, '1facbe8406cd904b'],
  [ALL_BYTES, 1, 'beec1eb06d6a56f7'],
  [ALL_BYTES, 506952113, 'fb0c350b02bf9e3a'],
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
