/** CheckRequest and CheckResponse of envoy.service.auth.v3. */
import { isIPv6 } from 'node:net'
import { fromByteText, toByteText } from '../../../lib/byte-text.ts'
import { Address } from '../../../xds/gen/envoy/config/core/v3/address.ts'
import {
  HeaderValueOption_HeaderAppendAction as Append,
  type HeaderValueOption,
} from '../../../xds/gen/envoy/config/core/v3/base.ts'
import { AttributeContext_HttpRequest } from '../../../xds/gen/envoy/service/auth/v3/attribute_context.ts'
import { CheckRequest, CheckResponse, type OkHttpResponse } from '../../../xds/gen/envoy/service/auth/v3/external_auth.ts'
import type { RequestHead } from '../../http/stream.ts'
import { principalsOf } from '../rbac/subject.ts'
import { type GrpcAuthorizerOptions, PARTIAL_BODY, type Question } from './authorizer.ts'
import type { EditKind, HeaderEdit, Ruling } from './ruling.ts'

export function encodeCheck(question: Question, options: GrpcAuthorizerOptions): Uint8Array {
  const { connection, head, remoteAddress, startTime, context, metadata } = question
  const { facts } = connection
  const seconds = Math.floor(startTime / 1000)
  const message = CheckRequest.fromPartial({
    attributes: {
      source: {
        address: address(remoteAddress, facts.remotePort),
        principal: principalsOf(connection)?.[0] ?? '',
        service: fromByteText(head?.headers.get('x-envoy-downstream-service-cluster') ?? ''),
      },
      destination: {
        address: address(facts.localAddress, facts.localPort),
        principal: connection.ownUriSans[0] ?? '',
      },
      request: head && {
        time: { seconds, nanos: (startTime - seconds * 1000) * 1_000_000 },
        http: httpRequest(head, question, options),
      },
      contextExtensions: context,
      metadataContext: {
        filterMetadata: Object.fromEntries(
          options.metadataNamespaces.flatMap(name => {
            const fields = metadata?.get(name)
            return fields === undefined ? [] : [[name, fields] as const]
          }),
        ),
      },
      tlsSession: options.includeTlsSession && facts.serverName !== '' ? { sni: facts.serverName } : undefined,
    },
  })
  return CheckRequest.encode(message).finish()
}

function address(ip: string, port: number): Address {
  // Scopes of link-local addresses mean nothing to others.
  const plain = isIPv6(ip) ? ip.split('%', 1)[0] : ip
  return Address.fromPartial({
    address: { $case: 'socketAddress', value: { address: plain ?? '', portSpecifier: { $case: 'portValue', value: port } } },
  })
}

function httpRequest(head: RequestHead, { body }: Question, { sends }: GrpcAuthorizerOptions): AttributeContext_HttpRequest {
  const headers: Record<string, string> = {}
  const pseudo = { ':authority': head.authority, ':method': head.method, ':path': head.path, ':scheme': head.scheme }
  for (const [name, value] of Object.entries(pseudo)) if (sends(name)) headers[name] = fromByteText(value)
  head.headers.forEach((name, value) => {
    if (!sends(name)) return
    const text = fromByteText(value)
    headers[name] = headers[name] === undefined ? text : `${headers[name]},${text}`
  })
  if (body !== undefined) headers[PARTIAL_BODY] = String(body.partial)
  const length = Number(head.headers.get('content-length') ?? -1)
  return AttributeContext_HttpRequest.fromPartial({
    id: head.headers.get('x-request-id') ?? '',
    method: head.method,
    headers,
    path: fromByteText(head.path),
    host: fromByteText(head.authority),
    scheme: head.scheme,
    protocol: head.protocol,
    size: body === undefined ? (Number.isSafeInteger(length) ? length : -1) : body.bytes.length,
    ...(body?.asBytes ? { rawBody: body.bytes } : { body: body?.bytes.toString('utf8') ?? '' }),
  })
}

/** What cannot be read is no answer. */
export function readRuling(bytes: Uint8Array): Ruling {
  let message: CheckResponse
  try {
    message = CheckResponse.decode(bytes)
  } catch {
    return { kind: 'unknown', reason: 'the answer is no CheckResponse' }
  }
  const { status, httpResponse, dynamicMetadata } = message
  if ((status?.code ?? 0) !== 0) {
    const denied = httpResponse?.$case === 'deniedResponse' ? httpResponse.value : undefined
    return {
      kind: 'denied',
      status: denied?.status?.code || 403,
      headers: (denied?.headers ?? []).flatMap(option => edit(option, option.append ? 'add' : 'set')),
      body: Buffer.from(denied?.body ?? ''),
      metadata: dynamicMetadata,
    }
  }
  const ok = httpResponse?.$case === 'okResponse' ? httpResponse.value : undefined
  return {
    kind: 'allowed',
    upstream: (ok?.headers ?? []).flatMap(option => edit(option, option.append ? 'append' : 'set')),
    remove: (ok?.headersToRemove ?? []).map(name => name.toLowerCase()),
    query: queryOf(ok),
    downstream: (ok?.responseHeadersToAdd ?? []).flatMap(option => edit(option, actionOf(option))),
    metadata: ok?.dynamicMetadata ?? dynamicMetadata,
  }
}

function queryOf(ok: OkHttpResponse | undefined) {
  if (ok === undefined || ok.queryParametersToSet.length + ok.queryParametersToRemove.length === 0) return undefined
  return { set: ok.queryParametersToSet, remove: ok.queryParametersToRemove }
}

const ACTIONS: Readonly<Record<number, EditKind>> = {
  [Append.ADD_IF_ABSENT]: 'add-if-absent',
  [Append.OVERWRITE_IF_EXISTS]: 'set-if-present',
  [Append.OVERWRITE_IF_EXISTS_OR_ADD]: 'set',
}

/** The older field wins where it is given. */
function actionOf({ append, appendAction }: HeaderValueOption): EditKind {
  if (append !== undefined) return append ? 'add' : 'set'
  return ACTIONS[appendAction] ?? 'add'
}

function edit({ header }: HeaderValueOption, kind: EditKind): HeaderEdit[] {
  if (header === undefined || header.key === '') return []
  const value = header.rawValue.length > 0 ? Buffer.from(header.rawValue).toString('latin1') : toByteText(header.value)
  // What would break out of its line is no header.
  return /[\r\n\0]/.test(value) || /[\s:]/.test(header.key.slice(1)) ? [] : [{ name: header.key.toLowerCase(), value, kind }]
}
