/** Which of some content codings a client would like best (Accept-Encoding, RFC 9110 section 12.5.3). */

/** @param offered in the order of the server's liking @returns undefined: none, the body goes as it is */
export function chosenEncoding(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (accept === undefined) return undefined
  const wishes = new Map<string, number>()
  for (const part of accept.split(',')) {
    const [coding = '', ...parameters] = part.split(';').map(text => text.trim().toLowerCase())
    const quality = parameters.find(parameter => parameter.startsWith('q='))
    if (coding !== '') wishes.set(coding, quality === undefined ? 1 : Number(quality.slice(2)) || 0)
  }
  let best: string | undefined
  let most = 0
  for (const coding of offered) {
    const quality = wishes.get(coding) ?? wishes.get('*') ?? 0
    if (quality > most) [best, most] = [coding, quality]
  }
  // Who would rather have it plain gets it plain.
  return best === undefined || (wishes.get('identity') ?? 0) > most ? undefined : best
}
