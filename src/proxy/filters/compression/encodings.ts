/** Content codings (RFC 9110 section 8.4.1) by Envoy's compressor and decompressor libraries. Node's zlib is loaded when one is configured. */
import type { Transform } from 'node:stream'
import type { TypedExtensionConfig } from '../../../xds/gen/envoy/config/core/v3/extension.ts'
import { Brotli } from '../../../xds/gen/envoy/extensions/compression/brotli/compressor/v3/brotli.ts'
import { Gzip, type Gzip_CompressionLevel } from '../../../xds/gen/envoy/extensions/compression/gzip/compressor/v3/gzip.ts'
import { Zstd } from '../../../xds/gen/envoy/extensions/compression/zstd/compressor/v3/zstd.ts'
import { messageName } from '../../../xds/wire/type-url.ts'

export type Encoding = 'gzip' | 'br' | 'zstd'

export interface Coding {
  /** Of the library, in the configuration. */
  readonly name: string
  readonly encoding: Encoding
  readonly open: () => Transform
}

const TYPES: Readonly<Record<string, Encoding>> = { gzip: 'gzip', brotli: 'br', zstd: 'zstd' }

/** @throws when the library is missing or unknown */
export function compressorOf(library: TypedExtensionConfig | undefined): Coding {
  const { name, encoding, settings } = libraryOf(library, 'compressor')
  const zlib = process.getBuiltinModule('node:zlib')
  const { constants } = zlib
  switch (encoding) {
    case 'gzip': {
      const { compressionLevel, memoryLevel, windowBits } = Gzip.decode(settings)
      const level = levelOf(compressionLevel)
      return { name, encoding, open: () => zlib.createGzip({ level, memLevel: memoryLevel ?? 5, windowBits: windowBits ?? 12 }) }
    }
    case 'br': {
      const { quality, windowBits } = Brotli.decode(settings)
      const params = {
        [constants.BROTLI_PARAM_QUALITY]: quality ?? 3,
        [constants.BROTLI_PARAM_LGWIN]: windowBits ?? 18,
      }
      return { name, encoding, open: () => zlib.createBrotliCompress({ params }) }
    }
    case 'zstd': {
      const { compressionLevel, enableChecksum } = Zstd.decode(settings)
      const params = {
        [constants.ZSTD_c_compressionLevel]: compressionLevel ?? 3,
        [constants.ZSTD_c_checksumFlag]: enableChecksum ? 1 : 0,
      }
      return { name, encoding, open: () => zlib.createZstdCompress({ params }) }
    }
  }
}

/** @throws when the library is missing or unknown */
export function decompressorOf(library: TypedExtensionConfig | undefined): Coding {
  const { name, encoding } = libraryOf(library, 'decompressor')
  const zlib = process.getBuiltinModule('node:zlib')
  const open = {
    gzip: () => zlib.createGunzip(),
    br: () => zlib.createBrotliDecompress(),
    zstd: () => zlib.createZstdDecompress(),
  }[encoding]
  return { name, encoding, open }
}

function libraryOf(library: TypedExtensionConfig | undefined, kind: 'compressor' | 'decompressor') {
  const typed = library?.typedConfig
  if (library === undefined || typed === undefined) throw new Error(`${kind}_library is missing, expected gzip, brotli or zstd`)
  const [, word = ''] = /^envoy\.extensions\.compression\.(\w+)\.(?:de)?compressor\.v3\./.exec(messageName(typed.typeUrl)) ?? []
  const encoding = TYPES[word]
  if (encoding === undefined)
    throw new Error(`${kind}_library "${typed.typeUrl}" is not supported, expected gzip, brotli or zstd`)
  return { name: library.name, encoding, settings: typed.value }
}

/** Envoy's numbers are zlib's but for 0, its default. */
function levelOf(level: Gzip_CompressionLevel): number {
  return level === 0 ? -1 : level
}
