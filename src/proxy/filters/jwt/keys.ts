/** Where the keys of one issuer come from: written into the configuration, or fetched. */
import type { JwtProvider } from '../../../xds/gen/envoy/extensions/filters/http/jwt_authn/v3/config.ts'
import { KeySet, type KeySource } from './key-set.ts'
import type { RemoteKeySets } from './remote-keys.ts'

/** @throws on keys that are none */
export function keySource(source: JwtProvider['jwksSourceSpecifier'], remote: RemoteKeySets): KeySource {
  if (source?.$case === 'remoteJwks') return remote.of(source.value)
  if (source?.$case !== 'localJwks') throw new Error('a JWT provider has neither local_jwks nor remote_jwks')
  const specifier = source.value.specifier
  if (specifier?.$case !== 'inlineString' && specifier?.$case !== 'inlineBytes')
    throw new Error('local_jwks is neither inline_string nor inline_bytes')
  const keys = KeySet.parse(Buffer.from(specifier.value).toString())
  return { keys: async () => keys, newer: async () => undefined }
}
