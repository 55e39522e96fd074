/** The examples of RFC 7541 appendix C, and that what the encoder writes says the same to the decoder, whatever the tables hold. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../../lib/random.ts'
import { blockWriter, HEADROOM } from './block-writer.ts'
import { type FieldSink, HpackDecoder } from './decoder.ts'
import { HpackEncoder } from './encoder.ts'
import type { Field } from './field.ts'

/** Keeps "name: value", with a mark where the field is never to be indexed. */
class Fields implements FieldSink {
  readonly list: string[] = []

  add({ name, value }: Field, sensitive: boolean): void {
    this.list.push(`${name}: ${value}${sensitive ? ' (never indexed)' : ''}`)
  }
}

function decode(decoder: HpackDecoder, bytes: Buffer): readonly string[] | undefined {
  const fields = new Fields()
  return decoder.decode(bytes, 0, bytes.length, fields) ? fields.list : undefined
}

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex')
}

const REQUESTS = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
]
const [PRIVATE, LOCATION] = ['cache-control: private', 'location: https://www.example.com']
const RESPONSES = [
  [':status: 302', PRIVATE, 'date: Mon, 21 Oct 2013 20:13:21 GMT', LOCATION],
  [':status: 307', PRIVATE, 'date: Mon, 21 Oct 2013 20:13:21 GMT', LOCATION],
  [
    ':status: 200',
    PRIVATE,
    'date: Mon, 21 Oct 2013 20:13:22 GMT',
    LOCATION,
    'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
]

const EXAMPLES = [
  {
    name: 'C.3, requests without Huffman coding',
    table: 4096,
    expected: REQUESTS,
    blocks: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
  },
  {
    name: 'C.4, requests with Huffman coding',
    table: 4096,
    expected: REQUESTS,
    blocks: [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  },
  {
    name: 'C.5, responses without Huffman coding, with evictions',
    table: 256,
    expected: RESPONSES,
    blocks: [
      '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 ' +
        '7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '4803 3330 37c1 c0bf',
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 ' +
        '444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e ' +
        '3d31',
    ],
  },
  {
    name: 'C.6, responses with Huffman coding, with evictions',
    table: 256,
    expected: RESPONSES,
    blocks: [
      '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 ' +
        'e9ae 82ae 43d3',
      '4883 640e ffc1 c0bf',
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b ' +
        '3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
    ],
  },
]

for (const { name, table, expected, blocks } of EXAMPLES)
  test(`HpackDecoder.decode() reads RFC 7541 ${name}`, () => {
    const decoder = new HpackDecoder(table)
    assert.deepEqual(
      blocks.map(block => decode(decoder, hex(block))),
      expected,
    )
  })

test('HpackDecoder.decode() marks a field that came never-indexed (C.2.3), and keeps only what is to be indexed (C.2.1, C.2.2)', () => {
  const decoder = new HpackDecoder(4096)
  assert.deepEqual(decode(decoder, hex('1008 7061 7373 776f 7264 0673 6563 7265 74')), ['password: secret (never indexed)'])
  assert.deepEqual(decode(decoder, hex('040c 2f73 616d 706c 652f 7061 7468')), [':path: /sample/path'])
  assert.equal(decode(decoder, hex('be')), undefined)
  assert.deepEqual(decode(decoder, hex('400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572')), [
    'custom-key: custom-header',
  ])
  assert.deepEqual(decode(decoder, hex('be')), ['custom-key: custom-header'])
})

const BROKEN = {
  'index 0': '80',
  'an index beyond both tables': 'ff ff 7f',
  'an integer that does not end': 'ff ff ff ff ff ff',
  'a string longer than the block': '4005 6162',
  'padding of Huffman coding that is not all ones': '4188 f1e3 c2e5 f23a 6b00',
  'a table larger than announced': '3fe2 1f',
  'a change of the table behind a field': '82 20',
}
for (const [name, block] of Object.entries(BROKEN))
  test(`HpackDecoder.decode() refuses ${name}`, () => {
    assert.equal(decode(new HpackDecoder(4096), hex(block)), undefined)
  })

test('HpackEncoder never indexes credentials, short cookies, and names that came so', () => {
  const decoder = new HpackDecoder(4096)
  const encoder = new HpackEncoder(4096)
  const fields: [string, string][] = [
    ['authorization', 'Bearer secret'],
    ['cookie', 'short=1'],
    ['x-token', 'secret'],
  ]
  for (let round = 0; round < 3; round++) {
    encoder.begin(['x-token'])
    for (const [name, value] of fields) encoder.field(name, value)
    assert.deepEqual(
      decode(decoder, blockWriter.bytes.subarray(HEADROOM, blockWriter.at)),
      fields.map(([name, value]) => `${name}: ${value} (never indexed)`),
    )
  }
})

test('HpackEncoder and HpackDecoder agree on random messages while the size of the table changes', () => {
  const random = seededRandom(7)
  const pick = (count: number) => Math.floor(random() * count)
  const decoder = new HpackDecoder(4096)
  const encoder = new HpackEncoder(4096)
  for (let message = 0; message < 2000; message++) {
    if (random() < 0.02) encoder.resize(pick(4097))
    encoder.begin(undefined)
    const expected: string[] = []
    for (let i = pick(12); i >= 0; i--) {
      const [name, value] = [`x-name-${pick(40)}`, random() < 0.5 ? `value ${pick(5)}` : 'x'.repeat(pick(300))]
      encoder.field(name, value)
      expected.push(`${name}: ${value}`)
    }
    assert.deepEqual(decode(decoder, blockWriter.bytes.subarray(HEADROOM, blockWriter.at)), expected)
  }
})
