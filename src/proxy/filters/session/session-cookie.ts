/**
 * The value of a session's cookie: in base64 a message with the host's address (field 1) and, in seconds since the epoch, the end of its time (field 2).
 */
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'

const ADDRESS = 1
const EXPIRES = 2
const NUMBER = 0
const BYTES = 2

/** @param expires seconds since the epoch; 0: never */
export function encodeCookie(address: string, expires: number): string {
  const writer = new BinaryWriter().tag(ADDRESS, BYTES).string(address)
  if (expires > 0) writer.tag(EXPIRES, NUMBER).int64(expires)
  return Buffer.from(writer.finish()).toString('base64')
}

/** @param now milliseconds since the epoch @returns the address; undefined: it makes no sense, or its time is over */
export function decodeCookie(value: string, now: number): string | undefined {
  try {
    const reader = new BinaryReader(Buffer.from(value, 'base64'))
    let address = ''
    let expires = 0
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag()
      if (field === ADDRESS && type === BYTES) address = reader.string()
      else if (field === EXPIRES && type === NUMBER) expires = Number(reader.int64())
      else reader.skip(type, field)
    }
    return address === '' || (expires > 0 && now > expires * 1000) ? undefined : address
  } catch {
    // The client may send what it likes.
    return undefined
  }
}
