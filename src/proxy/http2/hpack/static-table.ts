/**
 * The static table of HPACK (RFC 7541 appendix A): what both ends know without having been told.
 */
import { Field } from './field.ts'

/** `name=value` where the entry has a value; index 1 comes first. */
const ENTRIES =
  ':authority|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|:status=200|:status=204|:status=206|' +
  ':status=304|:status=400|:status=404|:status=500|accept-charset|accept-encoding=gzip, deflate|accept-language|accept-ranges|accept|' +
  'access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|content-encoding|content-language|' +
  'content-length|content-location|content-range|content-type|cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|' +
  'if-none-match|if-range|if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|proxy-authorization|range|' +
  'referer|refresh|retry-after|server|set-cookie|strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate'

/** Index 0 does not exist. */
export const STATIC_TABLE: readonly (Field | undefined)[] = [undefined, ...ENTRIES.split('|').map(entry)]

export const STATIC_LENGTH = STATIC_TABLE.length - 1

/** The entries of one name, which are neighbours. */
export interface StaticName {
  /** Of its first entry. */
  readonly index: number
  readonly values: readonly string[]
}

export const STATIC_NAMES: ReadonlyMap<string, StaticName> = byName()

function entry(text: string): Field {
  const at = text.indexOf('=')
  return at < 0 ? Field.of(text, '') : Field.of(text.slice(0, at), text.slice(at + 1))
}

function byName(): Map<string, StaticName> {
  const names = new Map<string, { index: number; values: string[] }>()
  STATIC_TABLE.forEach((field, index) => {
    if (field === undefined) return
    const known = names.get(field.name)
    if (known !== undefined) known.values.push(field.value)
    else names.set(field.name, { index, values: [field.value] })
  })
  return names
}
