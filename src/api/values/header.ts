/** Checks of HTTP header names and values in configuration. A check returns what is wrong, or undefined. */

const TOKEN = /^[-!#$%&'*+.^_`|~0-9A-Za-z]+$/ // RFC 9110 section 5.6.2
const STRICT = /^[-_A-Za-z0-9]+$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const VALUE = /^[^\x00-\x08\x0a-\x1f\x7f]*$/
const COMMAND = /^%[A-Z][A-Z0-9_]*(?:\(.*?\)(?::\d+)?)?%/

export const claimPrefix = '@request.auth.claims'

export function checkHeaderName(name: string): string | undefined {
  return TOKEN.test(name) ? undefined : `${JSON.stringify(name)} is not a header name: expected letters, digits and "-"`
}

export function checkStrictHeaderName(name: string): string | undefined {
  return STRICT.test(name) ? undefined : `${JSON.stringify(name)} is not a header name: expected letters, digits, "-" and "_"`
}

/** Names that match conditions may use: a header, a pseudo header (":authority") or a claim of a token. */
export function checkHeaderMatchName(name: string): string | undefined {
  if (name.startsWith(claimPrefix)) return checkClaim(name)
  if (TOKEN.test(name.startsWith(':') ? name.slice(1) : name)) return undefined
  return `${JSON.stringify(name)} is not a header name: expected letters, digits and "-", or ":authority" and its like`
}

/** `@request.auth.claims.group` or `@request.auth.claims[realm][roles]`. */
function checkClaim(name: string): string | undefined {
  const rest = name.slice(claimPrefix.length)
  if (/^\.[^.]+(?:\.[^.]+)*$/.test(rest) || /^(?:\[[^[\]]+\])+$/.test(rest)) return undefined
  return `${JSON.stringify(name)} names no claim: expected "${claimPrefix}.name" or "${claimPrefix}[outer][inner]"`
}

export function isAuthority(name: string): boolean {
  return name.toLowerCase() === 'host' || name.toLowerCase() === ':authority'
}

/** No control characters; "%" only as Envoy's "%COMMAND%", "%COMMAND(arguments)%" or "%%". */
export function checkHeaderValue(value: string): string | undefined {
  if (!VALUE.test(value)) return `${JSON.stringify(value)} has a control character: expected text in one line`
  for (let at = value.indexOf('%'); at >= 0; at = value.indexOf('%', at)) {
    const rest = value.slice(at)
    const command = rest.startsWith('%%') ? '%%' : COMMAND.exec(rest)?.[0]
    if (command === undefined)
      return `${JSON.stringify(value)} has a "%" that begins no command: expected one such as "%HOSTNAME%", or "%%" for a percent sign`
    at += command.length
  }
  return undefined
}
