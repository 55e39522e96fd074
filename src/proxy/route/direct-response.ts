/**
 * envoy.config.route.v3.DirectResponseAction: an answer that the proxy gives by itself.
 */
import type { DirectResponseAction } from '../../xds/gen/envoy/config/route/v3/route_components.ts'
import type { DirectResponseAction as DirectResponse } from './decision.ts'

/** RouteConfiguration.max_direct_response_body_size_bytes when it is not set. */
const DEFAULT_MAX_BYTES = 4096

/** @throws on what cannot be honoured, with the reason */
export function compileDirectResponse(
  action: DirectResponseAction,
  maxBytes = DEFAULT_MAX_BYTES,
): Pick<DirectResponse, 'status' | 'body'> {
  const { status } = action
  if (!(status >= 200 && status < 600)) throw new Error(`direct_response.status is ${status}, expected 200 to 599`)
  const body = bodyOf(action)
  if (body.length > maxBytes) throw new Error(`direct_response.body has ${body.length} bytes, expected at most ${maxBytes}`)
  return { status, body }
}

function bodyOf({ body }: DirectResponseAction): Uint8Array {
  const specifier = body?.specifier
  switch (specifier?.$case) {
    case undefined:
      return new Uint8Array()
    case 'inlineBytes':
      return specifier.value
    case 'inlineString':
      return Buffer.from(specifier.value, 'utf8')
    case 'environmentVariable':
      return Buffer.from(process.env[specifier.value] ?? '', 'utf8')
    case 'filename':
      throw new Error(`direct_response.body is the file "${specifier.value}", expected inline_string or inline_bytes`)
  }
}
